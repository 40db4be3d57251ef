/** Bodies of what machines are placed in: availability sets and proximity placement groups. */
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
