/** Bodies of what machines and disks refer to: availability sets, proximity placement groups, encryption sets, accesses. */
import { resource } from './envelope.ts';
import { answered, choice, flag, list, object, reference, text, whole } from './shape.ts';

const approved = object({ automaticallyApprove: flag });

/** Which events of a machine, or of a set of them, need nobody's approval. */
export const scheduledEventsPolicy = object({
  userInitiatedRedeploy: approved,
  userInitiatedReboot: approved,
  allInstancesDown: approved,
  scheduledEventsAdditionalPublishingTargets: object({
    eventGridAndResourceGraph: object({ enable: flag, scheduledEventsApiVersion: text }),
  }),
});

export const availabilitySet = resource(
  object({
    platformUpdateDomainCount: whole(),
    platformFaultDomainCount: whole(),
    virtualMachines: list(reference),
    proximityPlacementGroup: reference,
    scheduledEventsPolicy,
    statuses: answered,
    virtualMachineScaleSetMigrationInfo: answered,
  }),
  { sku: object({ name: text, tier: text, capacity: whole() }) },
);

export const placementGroup = resource(
  object({
    proximityPlacementGroupType: choice('Standard Ultra'),
    colocationStatus: object({
      code: text,
      level: choice('Info Warning Error'),
      displayStatus: text,
      message: text,
      time: text,
    }),
    intent: object({ vmSizes: list(text) }),
    virtualMachines: answered,
    virtualMachineScaleSets: answered,
    availabilitySets: answered,
  }),
);

export const encryptionSet = resource(
  object({
    encryptionType: choice(
      'EncryptionAtRestWithCustomerKey EncryptionAtRestWithPlatformAndCustomerKeys ConfidentialVmEncryptedWithCustomerKey',
    ),
    activeKey: object({ sourceVault: reference, keyUrl: text }, ['keyUrl']),
    previousKeys: answered,
    provisioningState: answered,
    rotationToLatestKeyVersionEnabled: flag,
    lastKeyRotationTimestamp: answered,
    autoKeyRotationError: answered,
    federatedClientId: text,
  }),
);

export const diskAccess = resource(
  object({ privateEndpointConnections: answered, provisioningState: answered, timeCreated: answered }),
);
