import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { networkObstacle, Networks } from '../../../src/local-azure/machines/networks.ts';
import { eventually, FAST } from '../support.ts';
import { ask, run, SERVE, startSandbox } from './sandbox-support.ts';
import { describeMachine, location, makeLogs, makeNic } from './support.ts';

const END_MACHINES = new URL('../../../src/local-azure/end-machines.ts', import.meta.url).pathname;
const command = promisify(execFile);

test(
  'machines of a virtual network reach each other by name, and nobody else does',
  { timeout: 300_000 },
  async (t) => {
    const azure = await startSandbox(t);
    if (azure === undefined) return;
    const obstacle =
      process.getuid?.() === 0 ? await networkObstacle(azure.stateDir) : 'it takes root to make networks';
    if (obstacle !== undefined) {
      t.skip(obstacle);
      return;
    }
    const { compute, network } = azure.clients;
    const say = async (machine: string, name: string, script: string): Promise<string> => {
      const { exitCode, output, error } = await run(azure, machine, name, script);
      assert.equal(exitCode, 0, `${output} ${error}`);
      return output ?? '';
    };
    const make = (name: string, nicId: string) =>
      compute.virtualMachines.createOrUpdate(
        'real',
        name,
        describeMachine(nicId, {
          osProfile: { computerName: name, adminUsername: 'kiln', adminPassword: 'Secret-123456' },
          storageProfile: {
            imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
            osDisk: { name: `${name}-os`, createOption: 'FromImage' },
          },
        }),
        FAST,
      );

    await make('repository', await makeNic(azure, 'real', 'repository'));
    await make('builder', await makeNic(azure, 'real', 'builder'));
    // The same range, as is usual: it is another network all the same.
    const other = await network.virtualNetworks.createOrUpdate(
      'real',
      'other',
      {
        location,
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 'build', addressPrefix: '10.0.0.0/24' }],
      },
      FAST,
    );
    const nic = await network.networkInterfaces.createOrUpdate(
      'real',
      'stranger',
      { location, ipConfigurations: [{ name: 'main', subnet: { id: `${other.id}/subnets/build` } }] },
      FAST,
    );
    await make('stranger', nic.id ?? '');

    assert.equal(await say('repository', 'serve', SERVE), 'serving\n');
    assert.equal(await say('builder', 'by-name', ask('repository')), 'this is repository\n');
    const domain = 'kiln0local0azure0000000000.ax.internal.cloudapp.net';
    assert.equal(await say('builder', 'by-full-name', ask(`repository.${domain}`)), 'this is repository\n');
    assert.equal(await say('builder', 'by-address', ask('10.0.0.4')), 'this is repository\n');
    // Machines have ports of their own.
    assert.equal(await say('builder', 'serve', SERVE), 'serving\n');
    assert.equal(await say('repository', 'back', ask('builder')), 'this is builder\n');

    assert.equal(await say('stranger', 'by-name', ask('repository')), 'no such name\n');
    assert.match(await say('stranger', 'by-address', ask('10.0.0.5')), /^no way/);
    // Whatever has that address where this host is, it is not the machine.
    const fromHost = await command('sh', ['-c', ask('10.0.0.4')]);
    assert.doesNotMatch(fromHost.stdout, /repository/);

    // The local Azure is where it was, and so is the world outside as far as this host has one.
    const logs = await makeLogs(azure, 'real', 'networklogs');
    const url = await logs.urlOf('put');
    const put = `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new("${new URL(url).host}") ? "up" : "down: $!"'`;
    assert.equal(await say('builder', 'blobs', put), 'up');
    const outside = 'getent hosts deb.debian.org >/dev/null && echo known || echo unknown';
    const here = await command('sh', ['-c', outside]);
    assert.equal(await say('builder', 'dns', outside), here.stdout);

    // A server of the host's own beside them.
    const router = new Networks(azure.stateDir).routerOf((other.id ?? '').replace(/other$/, 'vnet').toLowerCase());
    const beside = `ip netns exec ${router} perl -MIO::Socket::INET -e '
my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5) or die; alarm 60;
while (my $c = $s->accept) { print $c "beside\\n"; close $c }'`;
    const server = command('sh', ['-c', `exec ${beside}`]);
    server.catch(() => {});
    t.after(() => server.child.kill());
    await eventually(
      () => command('sh', ['-c', `ip netns exec ${router} ${ask('127.0.0.1', 8080)}`]).then(({ stdout }) => stdout),
      (said) => said === 'beside\n',
    );
    assert.equal(await say('builder', 'beside', ask('host.kiln.internal', 8080)), 'beside\n');

    // Who has gone is known to nobody; who comes back is known again.
    await compute.virtualMachines.deallocate('real', 'repository', FAST);
    assert.equal(await say('builder', 'gone', ask('repository')), 'no such name\n');
    await compute.virtualMachines.start('real', 'repository', FAST);
    assert.equal(await say('repository', 'serve-again', SERVE), 'serving\n');
    assert.equal(await say('builder', 'again', ask('repository')), 'this is repository\n');

    const left = (): string[] => readdirSync('/run/netns').filter((name) => name === router);
    assert.equal(left().length, 1);
    // As when `kiln reset` clears the state under machines that run.
    await command(process.execPath, [END_MACHINES, '--state-dir', azure.stateDir]);
    assert.deepEqual(left(), []);
    assert.deepEqual(readdirSync(join(azure.stateDir, 'networks')), []);
    // What carried packets for a namespace ends with it.
    await eventually(
      () => command('ps', ['-eo', 'args=']).then(({ stdout }) => stdout.match(/(?<=^pasta --netns )\S+/gm) ?? []),
      (namespaces) => namespaces.every((namespace) => existsSync(namespace)),
    );
  },
);
