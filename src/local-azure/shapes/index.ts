/** Which shape a body has by its resource type, and how the service that has the type words what does not fit. */
import { ArmError, type JsonObject } from '../core.ts';
import { disk, image, snapshot } from './compute-disks.ts';
import { definition, gallery, version } from './compute-galleries.ts';
import { machine, runCommand } from './compute-machines.ts';
import {
  applicationGroup,
  natGateway,
  network,
  networkInterface,
  peering,
  publicIp,
  publicIpPrefix,
  route,
  routeTable,
  securityGroup,
  securityRule,
  subnet,
} from './network.ts';
import { fit, type Misfit, type ObjectShape } from './shape.ts';
import { account } from './storage.ts';

/** By type in lower case; with what Microsoft.Compute puts before a target. */
export const SHAPES: Record<string, { shape: ObjectShape; word?: string }> = {
  'microsoft.compute/disks': { shape: disk, word: 'disk' },
  'microsoft.compute/snapshots': { shape: snapshot, word: 'snapshot' },
  'microsoft.compute/images': { shape: image, word: 'image' },
  'microsoft.compute/virtualmachines': { shape: machine, word: 'vm' },
  'microsoft.compute/virtualmachines/runcommands': { shape: runCommand, word: 'runCommand' },
  'microsoft.compute/galleries': { shape: gallery, word: 'gallery' },
  'microsoft.compute/galleries/images': { shape: definition, word: 'galleryImage' },
  'microsoft.compute/galleries/images/versions': { shape: version, word: 'galleryImageVersion' },
  'microsoft.network/virtualnetworks': { shape: network },
  'microsoft.network/virtualnetworks/subnets': { shape: subnet },
  'microsoft.network/virtualnetworks/virtualnetworkpeerings': { shape: peering },
  'microsoft.network/applicationsecuritygroups': { shape: applicationGroup },
  'microsoft.network/routetables': { shape: routeTable },
  'microsoft.network/routetables/routes': { shape: route },
  'microsoft.network/natgateways': { shape: natGateway },
  'microsoft.network/networksecuritygroups': { shape: securityGroup },
  'microsoft.network/networksecuritygroups/securityrules': { shape: securityRule },
  'microsoft.network/publicipaddresses': { shape: publicIp },
  'microsoft.network/publicipprefixes': { shape: publicIpPrefix },
  'microsoft.network/networkinterfaces': { shape: networkInterface },
  'microsoft.storage/storageaccounts': { shape: account },
};

/** What of an answered body somebody would have to write to have the resource again. */
export function writtenBody(type: string, body: JsonObject): JsonObject {
  const known = SHAPES[type.toLowerCase()];
  if (known !== undefined) return fit(known.shape, body, false).body;
  const { provisioningState: _state, ...properties } = (body['properties'] ?? {}) as JsonObject;
  return { ...body, properties };
}

/** The body as it is to be kept. Throws ArmError 400 for the first thing in it that the type does not take. */
export function fitBody(type: string, body: JsonObject, method: string): JsonObject {
  const known = SHAPES[type.toLowerCase()];
  if (known === undefined) return body;
  const { body: kept, misfit } = fit(known.shape, body, method === 'PUT');
  if (misfit === undefined) return kept;
  const namespace = type.split('/')[0]?.toLowerCase() ?? '';
  // What is beside the properties, Resource Manager reads itself.
  if (misfit.why === 'unknown' && !misfit.path.includes('.')) throw notDeserialized(misfit);
  if (namespace === 'microsoft.network') throw ofNetwork(misfit);
  if (namespace === 'microsoft.storage') throw ofStorage(misfit);
  throw ofCompute(misfit, known.word ?? '');
}

function notDeserialized(misfit: Misfit): ArmError {
  return new ArmError(
    400,
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: '${reading(misfit)}'.`,
  );
}

function ofCompute(misfit: Misfit, word: string): ArmError {
  const { why, path, value, shape } = misfit;
  const name = path.replace(/^properties\./, '');
  switch (why) {
    case 'missing':
      return invalid(name, `Required parameter '${name}' is missing (null).`);
    case 'choice':
      return invalid(name, `The value of parameter ${name} is invalid.`);
    case 'range':
      return invalid(
        name,
        shape?.is === 'whole'
          ? `The value '${JSON.stringify(value)}' of parameter '${name}' is out of range. The value must be between '${shape.from}' and '${shape.to}', inclusive.`
          : `The value of parameter ${name} is too long.`,
      );
    case 'unknown':
    case 'type':
      return new ArmError(400, 'BadRequest', reading(misfit), `${word}.${path}`);
  }
}

const invalid = (target: string, message: string): ArmError => new ArmError(400, 'InvalidParameter', message, target);

function ofNetwork(misfit: Misfit): ArmError {
  const detail = { code: misfit.why === 'missing' ? 'MissingJsonProperty' : 'InvalidJson', message: reading(misfit) };
  return new ArmError(400, 'InvalidRequestFormat', 'Cannot parse the request.', undefined, [detail]);
}

function ofStorage(misfit: Misfit): ArmError {
  if (misfit.why === 'unknown' || misfit.why === 'type') return notDeserialized(misfit);
  const name = misfit.path.replace(/^properties\./, '').split('.')[0] ?? '';
  return new ArmError(400, 'InvalidValuesForRequestParameters', `Values for request parameters are invalid: ${name}.`);
}

/** As the reader of JSON behind all of them words it; its line and position are those of a body on one line. */
function reading({ why, path, value, holder }: Misfit): string {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const at = `Path '${path}', line 1, position ${path.length + JSON.stringify(value ?? '').length}.`;
  if (why === 'unknown') return `Could not find member '${name}' on object of type '${holder}'. ${at}`;
  if (why === 'missing') return `Required property '${name}' not found in JSON. ${at}`;
  return `Error converting value ${JSON.stringify(value)} to type '${name}'. ${at}`;
}
