import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { collect, eventually, FAST, startTestAzure, type TestAzure } from '../support.ts';
import { location, makeLogs, makeMachine, refused } from './support.ts';

let azure: TestAzure;
before(async () => {
  azure = await startTestAzure(undefined);
  await makeMachine(azure, 'rc');
});
after(() => azure?.close());

const commands = () => azure.clients.compute.virtualMachineRunCommands;
const viewOf = async (name: string, group = 'rc') =>
  (await commands().getByVirtualMachine(group, 'vm', name, { expand: 'instanceView' })).instanceView ?? {};
const ENDED = /^(Succeeded|Failed|TimedOut|Canceled)$/;

test('a script runs to its end, and its output is in the view and, all of it, in the blobs', async () => {
  const logs = await makeLogs(azure, 'rc', 'rclogsaccount');
  const command = await commands().createOrUpdate(
    'rc',
    'vm',
    'greet',
    {
      location,
      source: { script: '# simulate: exit=0 stdout="hello" stderr="careful"\necho hello' },
      outputBlobUri: await logs.urlOf('greet/stdout.log'),
      errorBlobUri: await logs.urlOf('greet/stderr.log'),
      timeoutInSeconds: 60,
    },
    FAST,
  );
  assert.equal(command.provisioningState, 'Succeeded');
  assert.equal(command.instanceView, undefined, 'the view is given on demand');
  const view = await viewOf('greet');
  assert.equal(view.executionState, 'Succeeded');
  assert.equal(view.exitCode, 0);
  assert.equal(view.output, 'hello');
  assert.equal(view.error, 'careful');
  assert.ok(view.startTime instanceof Date && view.endTime instanceof Date);
  assert.equal(await logs.read('greet/stdout.log'), 'hello');
  assert.equal(await logs.read('greet/stderr.log'), 'careful');
});

test('the view has the last 4096 bytes of the output, and no letter cut in two', async () => {
  const shown = async (name: string, stdout: string) => {
    const source = { script: `# simulate: stdout="${stdout}" stderr="${stdout}"` };
    await commands().createOrUpdate('rc', 'vm', name, { location, source }, FAST);
    const { output, error } = await viewOf(name);
    assert.equal(error, output);
    return output;
  };
  assert.equal(await shown('whole', 'x'.repeat(4096)), 'x'.repeat(4096));
  assert.equal(await shown('one-more', `y${'x'.repeat(4096)}`), 'x'.repeat(4096));
  assert.equal(await shown('two-bytes', 'é'.repeat(2048)), 'é'.repeat(2048));
  assert.equal(await shown('two-cut', `${'é'.repeat(2048)}x`), `${'é'.repeat(2047)}x`);
  assert.equal(await shown('three-cut', `${'€'.repeat(1366)}`), '€'.repeat(1365));
  assert.equal(await shown('four-cut', `${'😀'.repeat(1024)}abc`), `${'😀'.repeat(1023)}abc`);
});

test('the same command put again writes its output anew', async () => {
  const logs = await makeLogs(azure, 'rc', 'rcagainaccount');
  const put = async (text: string) =>
    commands().createOrUpdate(
      'rc',
      'vm',
      'again',
      {
        location,
        source: { script: `# simulate: stdout="${text}"` },
        outputBlobUri: await logs.urlOf('again.log'),
      },
      FAST,
    );
  await put('the first');
  await put('second');
  assert.equal(await logs.read('again.log'), 'second');
});

test('a script that fails says so in the view; the operation fails only if it was asked to', async () => {
  const script = '# simulate: exit=3 stderr="no such thing"\nexit 3';
  await commands().createOrUpdate('rc', 'vm', 'fails', { location, source: { script } }, FAST);
  const view = await viewOf('fails');
  assert.deepEqual([view.executionState, view.exitCode, view.error], ['Failed', 3, 'no such thing']);
  await assert.rejects(async () =>
    commands().createOrUpdate(
      'rc',
      'vm',
      'fails-hard',
      { location, source: { script }, treatFailureAsDeploymentFailure: true },
      FAST,
    ),
  );
  assert.equal((await commands().getByVirtualMachine('rc', 'vm', 'fails-hard')).provisioningState, 'Failed');
});

test('with asyncExecution the operation ends when the script has begun', async () => {
  await commands().createOrUpdate(
    'rc',
    'vm',
    'long',
    {
      location,
      source: { script: '# simulate: seconds=600\nsleep 600' },
      asyncExecution: true,
      treatFailureAsDeploymentFailure: true,
    },
    FAST,
  );
  assert.equal((await viewOf('long')).executionState, 'Running');
  await commands().delete('rc', 'vm', 'long', FAST);
  await refused(commands().getByVirtualMachine('rc', 'vm', 'long'), 404, 'ResourceNotFound');
});

test('a script that takes too long is ended', async () => {
  await commands().createOrUpdate(
    'rc',
    'vm',
    'slow',
    { location, source: { script: '# simulate: seconds=600\nsleep 600' }, timeoutInSeconds: 1 },
    FAST,
  );
  assert.equal((await viewOf('slow')).executionState, 'TimedOut');
});

test('secrets are not answered, by any way', async () => {
  await commands().createOrUpdate(
    'rc',
    'vm',
    'secret',
    {
      location,
      source: { script: 'true' },
      parameters: [{ name: 'open', value: 'seen' }],
      protectedParameters: [{ name: 'token', value: 'hush-hush' }],
      runAsPassword: 'hush-hush',
    },
    FAST,
  );
  const { subscriptionId } = azure.connection;
  const base = `/subscriptions/${subscriptionId}/resourceGroups/rc/providers/Microsoft.Compute/virtualMachines/vm/runCommands`;
  for (const path of [`${base}/secret?api-version=2024-07-01&$expand=instanceView`, `${base}?api-version=2024-07-01`]) {
    const answer = JSON.stringify((await azure.call('GET', path)).body);
    assert.match(answer, /seen/);
    assert.doesNotMatch(answer, /hush-hush/);
  }
});

test('a command without a script seems to run for ever, as Azure has it, until it is given one', async () => {
  await commands().createOrUpdate('rc', 'vm', 'empty', { location, source: {} }, FAST);
  const view = await viewOf('empty');
  assert.equal(view.executionState, 'Running');
  assert.match(view.executionMessage ?? '', /Execution failed/);
  assert.ok(view.endTime instanceof Date);
  await commands().update('rc', 'vm', 'empty', { source: { script: '# simulate: stdout="now"' } }, FAST);
  const patched = await viewOf('empty');
  assert.deepEqual([patched.executionState, patched.output], ['Succeeded', 'now']);
});

test('a script is fetched from its address, and one that cannot be fetched has failed', async (t) => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/script.sh' ? 200 : 404;
    response.end('# simulate: stdout="fetched"');
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const put = (name: string, scriptUri: string) =>
    commands().createOrUpdate('rc', 'vm', name, { location, source: { scriptUri } }, FAST);
  await put('fetched', `http://127.0.0.1:${port}/script.sh`);
  assert.equal((await viewOf('fetched')).output, 'fetched');
  for (const [name, uri] of [
    ['missing', `http://127.0.0.1:${port}/none.sh`],
    ['nowhere', 'http://127.0.0.1:1/script.sh'],
  ] as const) {
    await put(name, uri);
    const view = await viewOf(name);
    assert.equal(view.executionState, 'Failed');
    assert.match(view.executionMessage ?? '', /download/);
  }
});

test('a machine takes 25 run commands, and none while it is off', async (t) => {
  const other = await startTestAzure(t);
  await makeMachine(other, 'many');
  const { virtualMachineRunCommands, virtualMachines } = other.clients.compute;
  const put = (name: string) =>
    virtualMachineRunCommands.createOrUpdate('many', 'vm', name, { location, source: { script: 'true' } }, FAST);
  for (let index = 0; index < 25; index += 1) {
    await put(`c${index}`);
  }
  await refused(put('c25'), 409, 'OperationNotAllowed', /25/);
  assert.equal((await collect(virtualMachineRunCommands.listByVirtualMachine('many', 'vm'))).length, 25);
  await virtualMachines.powerOff('many', 'vm', FAST);
  await refused(put('c0'), 409, 'OperationNotAllowed', /not running/);
});

test('a restart of the server loses neither a running script nor a byte of its output', async (t) => {
  const other = await startTestAzure(t);
  await makeMachine(other, 'lasting');
  const logs = await makeLogs(other, 'lasting', 'lastinglogs');
  const poller = other.clients.compute.virtualMachineRunCommands.createOrUpdate(
    'lasting',
    'vm',
    'step',
    {
      location,
      asyncExecution: true,
      source: { script: '# simulate: seconds=1 stdout="one two three"' },
      outputBlobUri: await logs.urlOf('step.log'),
    },
    FAST,
  );
  await poller.submitted();
  await other.restart();
  const view = await eventually(
    async () =>
      (
        await other.clients.compute.virtualMachineRunCommands.getByVirtualMachine('lasting', 'vm', 'step', {
          expand: 'instanceView',
        })
      ).instanceView,
    (seen) => ENDED.test(seen?.executionState ?? ''),
  );
  assert.equal(view?.executionState, 'Succeeded');
  assert.equal(await logs.read('step.log'), 'one two three');
});
