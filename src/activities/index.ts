/** Every activity the worker serves, over one Azure. */
import type { Azure } from '../azure/environment.ts';
import { createCaptureActivities } from './capture.ts';
import { createCheckActivities } from './check.ts';
import { createCleanupActivities } from './cleanup.ts';
import type { BuildActivities } from './contract.ts';
import { createStepActivities } from './steps.ts';
import { createDistributeActivities } from './distribute.ts';
import { createLogActivities } from './logs.ts';
import { createMachineActivities } from './machine.ts';
import { createPublishActivities } from './publish.ts';
import { createRedistributeActivities } from './redistribute.ts';
import { createRetentionActivities } from './retention.ts';
import { createSourceActivities } from './source.ts';
import { createStagingActivities } from './staging.ts';
import { createSweepActivities } from './sweep.ts';
import { createTemplateActivities } from './templates.ts';
import { createUploadActivities } from './uploads.ts';

export function createActivities(azure: Azure): BuildActivities {
  return {
    ...createCheckActivities(azure),
    ...createStagingActivities(azure),
    ...createSourceActivities(azure),
    ...createMachineActivities(azure),
    ...createStepActivities(azure),
    ...createCaptureActivities(azure),
    ...createPublishActivities(azure),
    ...createDistributeActivities(azure),
    ...createCleanupActivities(azure),
    ...createLogActivities(azure),
    ...createUploadActivities(azure),
    ...createSweepActivities(),
    ...createTemplateActivities(),
    ...createRedistributeActivities(azure),
    ...createRetentionActivities(azure),
  };
}
