/**
 * How long Azure takes. `recorded` holds the medians of real recorded traffic, in seconds; `quick` is a few seconds
 * for a whole build; `instant` takes no time at all.
 *
 * Retry-After: `instant` and `quick` send none. The header counts whole seconds, the SDK's poller ignores 0 and lets a
 * positive value override a client's own shorter interval, so leaving it out is what makes clients quickest.
 */
import type { TimeProfile } from './core.ts';

/** kind → [quick ms, recorded s]. */
const DURATIONS: Record<string, [quick: number, recorded: number]> = {
  'microsoft.compute/virtualmachines/write': [600, 70],
  'microsoft.compute/virtualmachines/delete': [300, 30],
  'microsoft.compute/virtualmachines/start': [300, 8],
  'microsoft.compute/virtualmachines/restart': [300, 8],
  'microsoft.compute/virtualmachines/poweroff': [200, 12.5],
  'microsoft.compute/virtualmachines/deallocate': [300, 32],
  'microsoft.compute/virtualmachines/extensions/write': [300, 67],
  'microsoft.compute/virtualmachines/extensions/delete': [200, 50],
  'microsoft.compute/virtualmachines/redeploy': [300, 105],
  'microsoft.compute/virtualmachines/reapply': [100, 1.5],
  'microsoft.compute/virtualmachines/runcommand': [200, 15],
  'microsoft.compute/virtualmachines/runcommands/write': [100, 14.9],
  'microsoft.compute/virtualmachines/runcommands/delete': [100, 14.6],
  'microsoft.compute/disks/write': [100, 0.1],
  'microsoft.compute/disks/delete': [100, 0.1],
  'microsoft.compute/snapshots/write': [150, 0.6],
  'microsoft.compute/snapshots/delete': [100, 0.6],
  'microsoft.compute/images/write': [300, 5.2],
  'microsoft.compute/images/delete': [150, 5.1],
  'microsoft.compute/galleries/write': [50, 0.4],
  'microsoft.compute/galleries/delete': [50, 0.4],
  'microsoft.compute/galleries/images/write': [50, 0.2],
  'microsoft.compute/galleries/images/delete': [50, 0.2],
  'microsoft.compute/galleries/images/versions/write': [1500, 676],
  'microsoft.compute/galleries/images/versions/update': [400, 150],
  'microsoft.compute/galleries/images/versions/delete': [200, 90],
  'microsoft.network/virtualnetworks/write': [100, 3],
  'microsoft.network/publicipaddresses/write': [100, 1],
  'microsoft.network/networkinterfaces/write': [50, 0.5],
  'microsoft.storage/storageaccounts/write': [200, 20],
  'microsoft.storage/storageaccounts/failover': [300, 1000],
  // Until the directory knows a new principal everywhere.
  'microsoft.managedidentity/principals/replication': [200, 15],
  // Its resources take their own.
  'microsoft.resources/deployments/write': [0, 0],
  'microsoft.resources/resourcegroups/delete': [300, 90],
};

/** For kinds without a line of their own, by their last word. */
const BY_VERB: Record<string, [quick: number, recorded: number]> = {
  write: [100, 3],
  delete: [100, 5],
  begingetaccess: [50, 0.3],
  endgetaccess: [50, 0.3],
};

/** In `quick` an hour of Azure passes in a minute, about as its operations do. */
const QUICK_PACE = 60;

/** `factor` scales `recorded` only; 1 is Azure's own time. */
export function createTimeProfile(name: TimeProfile['name'], factor = 1): TimeProfile {
  return {
    name,
    pace: name === 'recorded' ? 1 / factor : name === 'quick' ? QUICK_PACE : Infinity,
    duration(kind) {
      if (name === 'instant') {
        return 0;
      }
      const key = kind.toLowerCase().replace(/\/action$/, '');
      const verb = key.slice(key.lastIndexOf('/') + 1);
      const [quick, recorded] = DURATIONS[key] ?? BY_VERB[verb] ?? [100, 1];
      return name === 'quick' ? quick : recorded * 1000 * factor;
    },
    retryAfter(seconds) {
      return name === 'recorded' && seconds !== undefined ? Math.max(1, Math.round(seconds * factor)) : undefined;
    },
  };
}
