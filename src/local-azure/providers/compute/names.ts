/**
 * What resources of Microsoft.Compute may be called, by the rules of Azure's page on names and the wording of its page on
 * troubleshooting galleries.
 */
import { ArmError, type Json } from '../../core.ts';
import { textOf } from '../../json.ts';

/** The pattern that Azure's refusals quote, for all types but image versions. */
const ENTITY = /^[^_\W][\w\-._]{0,79}(?<![-.])$/;
const ENTITY_TEXT = '^[^_\\W][\\w-._]{0,79}(?<![-.])$';
const GALLERY = /^[A-Za-z0-9](?:[\w.]{0,78}[A-Za-z0-9])?$/;
const VERSION = /^\d{1,10}\.\d{1,10}\.\d{1,10}$/;
const MOST = 2 ** 31 - 1;

/** As the published operations call the last part of the path. */
const PARAMETERS: Record<string, string> = {
  virtualMachines: 'vmName',
  'virtualMachines/extensions': 'vmExtensionName',
  'virtualMachines/runCommands': 'runCommandName',
  availabilitySets: 'availabilitySetName',
  proximityPlacementGroups: 'proximityPlacementGroupName',
  diskEncryptionSets: 'diskEncryptionSetName',
  diskAccesses: 'diskAccessName',
  disks: 'diskName',
  snapshots: 'snapshotName',
  images: 'imageName',
  galleries: 'galleryName',
  'galleries/images': 'galleryImageName',
  'galleries/applications': 'galleryApplicationName',
};

const invalid = (target: string, message: string): ArmError => new ArmError(400, 'InvalidParameter', message, target);

/**
 * Throws ArmError 400.
 * @param type with its provider: `Microsoft.Compute/disks`
 */
export function requireName(type: string, name: string): void {
  const kind = type.slice(type.indexOf('/') + 1);
  if (kind === 'galleries/images/versions') {
    if (VERSION.test(name) && name.split('.').every((part) => Number(part) <= MOST)) return;
    throw invalid(
      'galleryImageVersion.name',
      'The image version name is invalid. The image version name should follow Major(int).Minor(int).Patch(int) format, for e.g: 1.0.0, 2018.12.1 etc.',
    );
  }
  const parameter = PARAMETERS[kind] ?? 'name';
  if (!ENTITY.test(name)) {
    throw invalid(
      parameter,
      `The entity name '${parameter}' is invalid according to its validation rule: ${ENTITY_TEXT}.`,
    );
  }
  if (kind === 'galleries' && !GALLERY.test(name)) {
    throw new ArmError(
      400,
      'BadRequest',
      'Gallery name is invalid. Allowed characters are English alphanumeric characters, with underscores, and periods allowed in the middle, up to 80 characters total. All other special characters, including dashes, are disallowed.',
    );
  }
}

/** Of a definition's `identifier`: longest publisher, offer and sku. */
const IDENTIFIER = { publisher: 128, offer: 64, sku: 64 };

/** Throws ArmError 400 InvalidParameter with the part as its target. */
export function requireIdentifier(identifier: Record<string, Json>): void {
  for (const [key, longest] of Object.entries(IDENTIFIER)) {
    const value = textOf(identifier[key]);
    if (/^[\w.-]+(?<!\.)$/.test(value) && value.length <= longest) continue;
    throw invalid(
      `galleryImage.properties.identifier.${key}`,
      `Asset name galleryImage.properties.identifier.${key} is not valid. It cannot be empty. Allowed characters are uppercase or lowercase letters, digits, hyphen(-), period (.), underscore (_). Names are not allowed to end with period(.). The length of the name cannot exceed ${longest} characters.`,
    );
  }
}

/** Throws ArmError 400 InvalidParameter where a number is sent that lies outside. */
export function requireWithin(parameter: string, value: Json | undefined, least: number, most: number): void {
  if (typeof value !== 'number' || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw invalid(
    parameter,
    `The value '${value}' of parameter '${parameter}' is out of range. The value must be between '${least}' and '${most}', inclusive.`,
  );
}
