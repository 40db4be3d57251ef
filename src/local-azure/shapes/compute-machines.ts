/** Bodies of virtual machines, their run commands and extensions. */
import { scheduledEventsPolicy } from './compute-placements.ts';
import { resource } from './envelope.ts';
import { networkProfile, osProfile, securityProfile } from './machine-profiles.ts';
import { storageProfile } from './machine-storage.ts';
import { answered, any, choice, flag, list, number, object, reference, text, whole } from './shape.ts';

const notified = object({ notBeforeTimeout: text, enable: flag });
const galleryApplication = object(
  {
    tags: text,
    order: whole(),
    packageReferenceId: text,
    configurationReference: text,
    treatFailureAsDeploymentFailure: flag,
    enableAutomaticUpgrade: flag,
  },
  ['packageReferenceId'],
);

export const machine = resource(
  object({
    hardwareProfile: object({
      vmSize: text,
      vmSizeProperties: object({ vCPUsAvailable: whole(), vCPUsPerCore: whole() }),
      processorMode: choice('Deterministic Opportunistic'),
    }),
    storageProfile,
    osProfile,
    networkProfile,
    securityProfile,
    diagnosticsProfile: object({ bootDiagnostics: object({ enabled: flag, storageUri: text }) }),
    additionalCapabilities: object({
      ultraSSDEnabled: flag,
      hibernationEnabled: flag,
      enableFips1403Encryption: flag,
    }),
    availabilitySet: reference,
    virtualMachineScaleSet: reference,
    proximityPlacementGroup: reference,
    priority: choice('Regular Low Spot SpotPlus'),
    evictionPolicy: choice('Deallocate Delete'),
    billingProfile: object({ maxPrice: number }),
    host: reference,
    hostGroup: reference,
    licenseType: text,
    extensionsTimeBudget: text,
    platformFaultDomain: whole(),
    scheduledEventsProfile: object({ terminateNotificationProfile: notified, osImageNotificationProfile: notified }),
    scheduledEventsPolicy,
    userData: text,
    capacityReservation: object({
      capacityReservationGroup: reference,
      disableCapacityReservationAssignment: flag,
    }),
    applicationProfile: object({ galleryApplications: list(galleryApplication) }),
    resiliencyProfile: object({ zoneMovement: object({ isEnabled: flag }) }),
    interconnectBlockProfile: object({ interconnectBlock: reference }),
    provisioningState: answered,
    instanceView: answered,
    vmId: answered,
    timeCreated: answered,
  }),
  {
    placement: object({
      zonePlacementPolicy: choice('Any Auto'),
      includeZones: list(text),
      excludeZones: list(text),
    }),
  },
);

const identity = object({ clientId: text, objectId: text });
const parameters = list(object({ name: text, value: text }, ['name', 'value']));

export const runCommand = resource(
  object({
    source: object({
      script: text,
      scriptUri: text,
      commandId: text,
      scriptUriManagedIdentity: identity,
      galleryScriptReferenceId: text,
      scriptShell: choice('Default Powershell7'),
    }),
    parameters,
    protectedParameters: parameters,
    asyncExecution: flag,
    runAsUser: text,
    runAsPassword: text,
    timeoutInSeconds: whole(0),
    outputBlobUri: text,
    errorBlobUri: text,
    outputBlobManagedIdentity: identity,
    errorBlobManagedIdentity: identity,
    treatFailureAsDeploymentFailure: flag,
    provisioningState: answered,
    instanceView: answered,
  }),
);

/** `POST …/runCommand`, which is another thing. */
export const runCommandAction = object({ commandId: text, script: list(text), parameters }, ['commandId']);

const status = object({
  code: text,
  level: choice('Info Warning Error'),
  displayStatus: text,
  message: text,
  time: text,
});

export const extension = resource(
  object({
    forceUpdateTag: text,
    publisher: text,
    type: text,
    typeHandlerVersion: text,
    autoUpgradeMinorVersion: flag,
    enableAutomaticUpgrade: flag,
    settings: any,
    protectedSettings: any,
    instanceView: object({
      name: text,
      type: text,
      typeHandlerVersion: text,
      substatuses: list(status),
      statuses: list(status),
    }),
    suppressFailures: flag,
    protectedSettingsFromKeyVault: object({ secretUrl: text, sourceVault: reference }, ['secretUrl', 'sourceVault']),
    provisionAfterExtensions: list(text),
    provisioningState: answered,
  }),
);
