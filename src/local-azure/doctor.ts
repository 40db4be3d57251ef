/**
 * `node src/local-azure/doctor.ts --state-dir DIR --cache-dir DIR --machine KIND`: what would play the machines here, as
 * JSON. Installs and starts nothing; started by `kiln doctor`.
 */
import { parseArgs } from 'node:util';
import { hasBaseImage } from './machines/base-image.ts';
import { lookAtHost, lookAtNetworks } from './machines/host.ts';
import { findPowerShell } from './machines/power-shell.ts';

const { values } = parseArgs({
  options: { 'state-dir': { type: 'string' }, 'cache-dir': { type: 'string' }, machine: { type: 'string' } },
});
const { 'state-dir': stateDir = '.', 'cache-dir': cacheDir = '.', machine = 'auto' } = values;
const area = 'local Azure';

process.stdout.write(JSON.stringify(machine === 'simulated' ? [simulated()] : await machines()));

function simulated() {
  return { area, check: 'machines', state: 'note', found: 'simulated, as asked for: no script is run' };
}

async function machines(): Promise<object[]> {
  const host = await lookAtHost(stateDir);
  if ('missing' in host) {
    const state = machine === 'sandbox' ? 'missing' : 'note';
    const found = machine === 'sandbox' ? 'no sandbox on this host' : 'simulated: no script is run';
    return [{ area, check: 'machines', state, found, todo: host.missing }];
  }
  if ('install' in host) {
    const found = `a sandbox, once its tools are installed, which the first build does: ${host.packages.join(', ')}`;
    return [{ area, check: 'machines', state: 'note', found, todo: host.install }, await windows()];
  }
  const { privileges } = host;
  const image = hasBaseImage(cacheDir, privileges)
    ? { state: 'ok', found: 'in the cache' }
    : { state: 'note', found: 'not in the cache: the first build makes it, from a mirror of Debian' };
  return [
    { area, check: 'machines', state: 'ok', found: privileges.description },
    { area, check: 'base image', ...image },
    await networks(),
    await windows(),
  ];
}

async function networks(): Promise<object> {
  const looked = await lookAtNetworks(stateDir);
  const check = 'virtual networks';
  if ('install' in looked) {
    const found = `kept apart, once ${looked.packages.join(', ')} is installed, which the first build does`;
    return { area, check, state: 'note', found, todo: looked.install };
  }
  return looked.missing === undefined
    ? { area, check, state: 'ok', found: 'kept apart; machines of one know each other by name' }
    : { area, check, state: 'note', found: `not kept apart, machines share this host's: ${looked.missing}` };
}

async function windows(): Promise<object> {
  const found = await findPowerShell();
  return 'missing' in found
    ? { area, check: 'Windows steps', state: 'note', found: `simulated: ${found.missing}` }
    : {
        area,
        check: 'Windows steps',
        state: 'ok',
        found: `PowerShell ${found.version}, for what needs nothing of Windows`,
      };
}
