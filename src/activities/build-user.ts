/** The account that Azure sets a Windows machine up with. */
import { createHmac } from 'node:crypto';
import type { Azure } from '../azure/environment.ts';
import type { RunContext } from './contract.ts';
import { accountKey } from './blobs.ts';

/**
 * Its password: known to whoever may read the staging account's key, as every attempt of every activity is, and kept
 * nowhere. Azure wants 12 to 123 characters of three kinds at least.
 */
export async function buildUserPassword(azure: Azure, run: RunContext): Promise<string> {
  const key = await accountKey(azure, run);
  const digest = createHmac('sha256', key).update(`build user of ${run.runId}`).digest('base64url');
  return `aA1!${digest.slice(0, 28)}`;
}
