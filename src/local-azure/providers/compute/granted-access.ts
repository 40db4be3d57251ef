/** The data plane forgets its accounts when it stops; granted addresses hold until they are revoked. */
import type { Services } from '../../core.ts';
import { TYPES } from './shared.ts';

export async function resumeAccess(services: Services): Promise<void> {
  const disks = [TYPES.disk, TYPES.snapshot].flatMap((type) => services.store.list({ type }));
  for (const { hidden } of disks) {
    const { accessAccount, accessKey } = hidden;
    if (typeof accessAccount === 'string' && typeof accessKey === 'string') {
      await services.blobs.addAccount(accessAccount, [accessKey, accessKey]);
    }
  }
}
