/** The names of what a build needs, fixed before anything is made. */
import { createHash } from 'node:crypto';
import type { StagingNames } from '../build-plan.ts';

const MAX_GROUP_NAME = 90;

/** The run id is in every name, so that two runs of one template never meet and the logs of an older one stay. */
export function stagingNames(group: string, template: string, runId: string): StagingNames {
  const hash = createHash('sha256').update(`${group}/${template}/${runId}`).digest('hex');
  const whole = `IT_${group}_${template}_${runId}`;
  const resourceGroup =
    whole.length <= MAX_GROUP_NAME ? whole : `${whole.slice(0, MAX_GROUP_NAME - 11)}_${hash.slice(0, 10)}`;
  return {
    resourceGroup,
    storageAccount: `kiln${hash.slice(0, 20)}`,
    virtualNetwork: 'build-vnet',
    subnet: 'build',
    securityGroup: 'build-nsg',
    publicIp: 'build-egress',
    osDisk: 'build-os',
  };
}
