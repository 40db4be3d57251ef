/** A local Azure whose machines really run, where this host allows it. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { hasTool } from '../../../src/local-azure/machines/commands.ts';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';
import { location } from './support.ts';

/** Shared between runs: making the base root file system takes half a minute. */
export const cacheDir =
  process.env['KILN_CACHE_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kiln');

/** Undefined, and the test is skipped with the reason, where this host allows no sandbox or lacks one of the tools. */
export async function startSandbox(t: TestContext, tools: string[] = []): Promise<TestAzure | undefined> {
  for (const name of tools) {
    if (!(await hasTool(name))) {
      t.skip(`this host has no ${name}`);
      return undefined;
    }
  }
  try {
    return await startTestAzure(t, { machine: 'sandbox', cacheDir });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no sandbox on this host')) {
      t.skip(error.message);
      return undefined;
    }
    throw error;
  }
}

/** Runs a script in a machine of the group `real`, to its end; its instance view. */
export async function run(azure: TestAzure, machine: string, name: string, script: string, urls: object = {}) {
  const { virtualMachineRunCommands: commands } = azure.clients.compute;
  await commands.createOrUpdate('real', machine, name, { location, source: { script }, ...urls }, FAST);
  const { instanceView } = await commands.getByVirtualMachine('real', machine, name, { expand: 'instanceView' });
  return instanceView ?? {};
}
