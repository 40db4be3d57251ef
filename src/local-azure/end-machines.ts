/**
 * `node src/local-azure/end-machines.ts --state-dir DIR`: ends the sandboxed machines that outlived their server, and
 * what was made for their networks. `kiln reset` starts it before it removes the folders of both.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Networks } from './machines/networks.ts';
import { endProcess } from './machines/processes.ts';

const { values } = parseArgs({ options: { 'state-dir': { type: 'string' } } });
const { 'state-dir': stateDir = '.' } = values;
const folder = join(stateDir, 'machines');
const networks = new Networks(stateDir);
for (const key of existsSync(folder) ? readdirSync(folder) : []) {
  await endProcess(join(folder, key));
  await networks.leave(key);
}
