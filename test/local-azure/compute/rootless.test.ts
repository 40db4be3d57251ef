import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { LocalAzureConnection } from '../../../src/local-azure/core.ts';
import { baseImage } from '../../../src/local-azure/machines/base-image.ts';
import { AS_ROOT } from '../../../src/local-azure/machines/privileges.ts';
import { hasTool } from '../../../src/local-azure/machines/commands.ts';
import { trust } from '../../../src/local-azure/tls.ts';
import { watchTraffic } from '../../models/watch.ts';
import { createClients, eventually, FAST, type TestAzure } from '../support.ts';
import { cacheDir, run } from './sandbox-support.ts';
import { makeMachine } from './support.ts';

const MAIN = new URL('../../../src/local-azure/main.ts', import.meta.url).pathname;
const NOBODY = 65534;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const execute = promisify(execFile);

/** Why an unprivileged user with a range of ids cannot be had here; undefined where one can. */
async function obstacle(): Promise<string | undefined> {
  if (userInfo().uid !== 0) {
    return 'only root can start a process of another user';
  }
  for (const name of ['setpriv', 'newuidmap', 'bwrap', 'mmdebstrap', 'unshare']) {
    if (!(await hasTool(name))) {
      return `this host has no ${name}`;
    }
  }
  const probe = withIds(['true']);
  return execute(probe.command, probe.args).then(
    () => undefined,
    (error: unknown) => `no unprivileged user namespaces here: ${String(error)}`,
  );
}

/** Runs it as nobody, who in this mount namespace, and nowhere else, has a range of ids to lend. */
function withIds(command: string[]): { command: string; args: string[] } {
  const script =
    'mount -t tmpfs tmpfs /mnt && echo nobody:100000:65536 >/mnt/ids && ' +
    'mount --bind /mnt/ids /etc/subuid && mount --bind /mnt/ids /etc/subgid && ' +
    `exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$@"`;
  return { command: 'unshare', args: ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...command] };
}

/** The base image packed from root's cache: making it anew without root takes a minute. */
async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kiln-rootless-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const tree = await baseImage({ urn: 'Debian:debian-12:12-gen2:1', cacheDir, log: silent, privileges: AS_ROOT });
  const rootfs = join(folder, 'cache', 'rootfs');
  await mkdir(rootfs, { recursive: true });
  await execute('tar', ['-C', tree, '-cf', join(rootfs, `${tree.split('/').at(-1)}.tar`), '.']);
  for (const path of [folder, join(folder, 'cache'), rootfs]) {
    await chown(path, NOBODY, NOBODY);
  }
  await chmod(folder, 0o755);
  return folder;
}

const trafficOf = (folder: string): string => join(folder, 'cache', 'traffic.jsonl');

async function startAsNobody(
  t: TestContext,
  folder: string,
): Promise<{ child: ChildProcess; connection: LocalAzureConnection }> {
  const stateDir = join(folder, 'state');
  const options = ['--state-dir', stateDir, '--cache-dir', join(folder, 'cache'), '--profile', 'instant'];
  const { command, args } = withIds([
    process.execPath,
    MAIN,
    ...options,
    '--machine',
    'auto',
    '--traffic',
    trafficOf(folder),
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: folder } });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const connection = await eventually(
    async () => {
      assert.equal(child.exitCode, null, said);
      return JSON.parse(
        await readFile(join(stateDir, 'connection.json'), 'utf8').catch(() => '{}'),
      ) as LocalAzureConnection;
    },
    ({ pid }) => pid === child.pid,
    60_000,
  );
  trust(await readFile(connection.caFile, 'utf8'));
  return { child, connection };
}

test(
  'without root, machines run in a user namespace: root inside, nobody outside, and owners are kept',
  { timeout: 300_000 },
  async (t) => {
    const reason = await obstacle();
    if (reason !== undefined) {
      t.skip(reason);
      return;
    }
    const folder = await makeFolder(t);
    const { child, connection } = await startAsNobody(t, folder);
    assert.match(connection.machine, /^sandbox \(rootless/);
    const azure = { connection, clients: createClients(connection) } as TestAzure;
    await makeMachine(azure, 'real');
    const script = `id -u; id -un; install -o www-data -g adm -m 640 /dev/null /etc/golden; stat -c '%U %G' /etc/golden
su kiln -c 'sudo -n id -un'; cat /proc/self/uid_map | wc -l; useradd kilnuser && id -u kilnuser`;
    const view = await run(azure, 'vm', 'who', script);
    // 1000 is the machine's administrator.
    assert.deepEqual(view.output?.split('\n'), ['0', 'root', 'www-data adm', 'root', '2', '1001', ''], view.error);
    const machine = await processesOf(folder);
    assert.ok(machine.length > 0 && machine.every((uid) => uid === String(NOBODY)), machine.join());

    const { virtualMachines, images } = azure.clients.compute;
    await virtualMachines.deallocate('real', 'vm', FAST);
    await virtualMachines.generalize('real', 'vm');
    const id = (await virtualMachines.get('real', 'vm')).id ?? '';
    await images.createOrUpdate('real', 'golden', { location: 'westeurope', sourceVirtualMachine: { id } }, FAST);
    await azure.clients.resources.resourceGroups.delete('real', FAST);
    const layers = await readdir(join(folder, 'state', 'layers'));
    assert.ok(layers.length <= 1, `the layers of what was deleted are gone: ${layers.join(', ')}`);

    child.kill('SIGTERM');
    await once(child, 'exit');
    assert.deepEqual(await processesOf(folder), []);
    watchTraffic(trafficOf(folder)).verdict();
  },
);

/** User ids of the processes that have the folder in their command line, but for the server's own. */
async function processesOf(folder: string): Promise<string[]> {
  const { stdout } = await execute('ps', ['-eo', 'uid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(join(folder, 'state', 'machines')))
    .map((line) => line.trim().split(/\s+/)[0] ?? '');
}
