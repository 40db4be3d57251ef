import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { networkObstacle } from '../../src/local-azure/machines/networks.ts';
import { ask, SERVE } from '../local-azure/compute/sandbox-support.ts';
import { describeMachine } from '../local-azure/compute/support.ts';
import { createClients, FAST } from '../local-azure/support.ts';
import { TestStack } from './stack.ts';
import { shellTemplate } from './templates.ts';

/** Machines may be asked about so often and no oftener. */
const UNHURRIED = { updateIntervalInMs: 1000 };
const sandboxed = process.platform === 'linux' && process.getuid?.() === 0;

describe('steps that need a real machine', { skip: sandboxed ? false : 'the sandbox needs root on Linux' }, () => {
  const stack = new TestStack('sandbox');
  before(() => stack.up());
  after(() => stack.close());

  async function build(runId: string, template: object): Promise<{ code: number; status: BuildStatus }> {
    const { code, stdout } = await stack.kiln('build', stack.write(runId, template), '--id', runId, '--json');
    return { code, status: JSON.parse(stdout) as BuildStatus };
  }

  it('a restart by the kiln key, and one that a script begins by itself', async () => {
    const shell = (name: string, inline: string[], more: object = {}) => ({ type: 'Shell', name, inline, ...more });
    const { code, status } = await build(
      'restarts',
      shellTemplate([], {
        customize: [
          shell('first', ['touch /run/before-first /kept-first'], { kiln: { restart: true } }),
          shell('second', ['ls /kept-first', 'test ! -e /run/before-first', 'touch /run/before-second']),
          shell('by itself', ['echo once >>/kept-second', 'reboot', 'sleep 60', 'echo never >>/kept-second']),
          shell('third', ['test ! -e /run/before-second', 'cat /kept-second']),
        ],
      }),
    );
    assert.equal(code, 0, JSON.stringify(status.failure));
    assert.deepEqual(
      status.steps.map(({ note }) => note),
      ['the machine was restarted', undefined, 'the machine restarted while it ran', undefined],
    );
    assert.equal(status.steps[3]?.outputTail, 'once\n');
  });

  it('a validator that looks at the image that was made, and one that finds it wanting', async () => {
    const template = (check: string[]) =>
      shellTemplate(['mkdir -p /etc/golden', 'echo baked >/etc/golden/made'], {
        optimize: { vmBoot: { state: 'Enabled' } },
        validate: { inVMValidations: [{ type: 'Shell', name: 'looks', inline: check }] },
      });
    const before = await stack.inventory();
    const good = await build('valid', template(['cat /etc/golden/made', 'test ! -e /var/lib/kiln/step-01-only.exit']));
    assert.equal(good.code, 0, JSON.stringify(good.status.failure));
    assert.deepEqual(
      good.status.steps.map(({ role, state }) => `${role} ${state}`),
      ['customizer Succeeded', 'optimizer Succeeded', 'validator Succeeded'],
    );
    assert.equal(good.status.steps.at(-1)?.outputTail, 'baked\n');
    const made = [...before, good.status.outputs[0]?.artifactId ?? ''].toSorted();
    assert.deepEqual(await stack.inventory(), made);
    const bad = await build('invalid', template(['echo "no agent" >&2', 'false']));
    assert.equal(bad.code, 1);
    assert.equal(bad.status.failure?.type, 'ValidatorFailed');
    assert.match(bad.status.failure?.message ?? '', /validator 1 \(Shell looks\) exited with 1: no agent/);
    assert.deepEqual(await stack.inventory(), made);
  });

  it('a customizer that reaches a server in the virtual network of its template by name, and not without', async (t) => {
    const obstacle = await networkObstacle(stack.stateDir);
    if (obstacle !== undefined) return t.skip(obstacle);
    const { compute, network } = createClients(stack.connection());
    const place = ['golden-images', 'corporate'] as const;
    const vnet = await network.virtualNetworks.createOrUpdate(
      ...place,
      {
        location: 'westeurope',
        addressSpace: { addressPrefixes: ['10.9.0.0/16'] },
        subnets: ['servers', 'builds'].map((name, at) => ({ name, addressPrefix: `10.9.${at}.0/24` })),
      },
      FAST,
    );
    const nic = await network.networkInterfaces.createOrUpdate(
      'golden-images',
      'repository',
      { location: 'westeurope', ipConfigurations: [{ name: 'main', subnet: { id: `${vnet.id}/subnets/servers` } }] },
      FAST,
    );
    const server = describeMachine(nic.id ?? '');
    await compute.virtualMachines.createOrUpdate(
      'golden-images',
      'repository',
      { ...server, osProfile: { ...server.osProfile, computerName: 'repository' } },
      UNHURRIED,
    );
    const serving = await compute.virtualMachineRunCommands.createOrUpdate(
      'golden-images',
      'repository',
      'serve',
      { location: 'westeurope', source: { script: SERVE } },
      UNHURRIED,
    );
    assert.equal(serving.provisioningState, 'Succeeded');

    const outside = 'getent hosts deb.debian.org >/dev/null && echo known || echo unknown';
    const template = (vmProfile: object) => shellTemplate([ask('repository'), outside], { vmProfile });
    const inside = await build('inside', template({ vnetConfig: { subnetId: `${vnet.id}/subnets/builds` } }));
    assert.equal(inside.code, 0, JSON.stringify(inside.status.failure));
    const without = await build('without', template({}));
    assert.equal(without.code, 0, JSON.stringify(without.status.failure));
    const [said, rest] = (inside.status.steps[0]?.outputTail ?? '').split(/(?<=\n)/);
    assert.equal(said, 'this is repository\n');
    assert.equal(without.status.steps[0]?.outputTail, `no such name\n${rest}`, 'what is outside is as near to both');
    await compute.virtualMachines.delete('golden-images', 'repository', UNHURRIED);
  });

  it('a failed build whose machine is left to be looked at, until it is deleted', async () => {
    const before = await stack.inventory();
    const errorHandling = { onCustomizerError: 'abort', onValidationError: 'cleanup' };
    const { code, status } = await build('aborted', shellTemplate(['false'], { errorHandling }));
    assert.equal(code, 1);
    const group = status.logs?.resourceGroup ?? '';
    assert.ok(status.leftovers.some(({ id }) => id.startsWith('virtual machine build')));
    const { compute } = createClients(stack.connection());
    assert.equal((await compute.virtualMachines.get(group, 'build')).provisioningState, 'Succeeded');
    assert.equal((await stack.kiln('delete', 'aborted')).code, 0);
    assert.deepEqual(await stack.inventory(), before);
  });

  it('data disks that become part of the image, in a staging group of one’s own that stays', async () => {
    const { compute, resources } = createClients(stack.connection());
    const subscription = stack.connection().subscriptionId;
    await resources.resourceGroups.createOrUpdate('own-staging', { location: 'westeurope', tags: { team: 'images' } });
    const own = `/subscriptions/${subscription}/resourceGroups/own-staging`;
    const changes = { stagingResourceGroup: own, additionalDataDisks: [{ sizeGB: 4 }, { sizeGB: 8 }] };
    const template = { ...shellTemplate(['true'], changes), apiVersion: '2025-10-01' };
    const { code, status } = await build('disks', template);
    assert.equal(code, 0, JSON.stringify(status.failure));
    const version = status.outputs[0]?.version ?? '';
    const made = await compute.galleryImageVersions.get('golden-images', 'golden', 'debian-12', version);
    assert.deepEqual(
      made.storageProfile?.dataDiskImages?.map(({ lun, sizeInGB }) => [lun, sizeInGB]),
      [
        [0, 4],
        [1, 8],
      ],
    );
    const taken = await resources.resourceGroups.get('own-staging');
    assert.equal(taken.tags?.['usedBy'], 'kiln');
    const left: string[] = [];
    for await (const { type = '' } of resources.resources.listByResourceGroup('own-staging')) left.push(type);
    assert.deepEqual(left, ['Microsoft.Storage/storageAccounts']);

    const refused = await stack.kiln('build', stack.write('other', { ...template, name: 'other' }), '--id', 'other');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /properties\.stagingResourceGroup: the group is in use by image template disks/);

    assert.equal((await stack.kiln('delete', 'disks')).code, 0);
    assert.deepEqual((await resources.resourceGroups.get('own-staging')).tags, { team: 'images' });
  });
});
