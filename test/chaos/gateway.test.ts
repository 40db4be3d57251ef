import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ImageBuilderClient } from '@azure/arm-imagebuilder';
import { isAlive, pause, readStack } from '../../src/client/services.ts';
import { createClients } from '../local-azure/support.ts';
import { TestStack } from '../e2e/stack.ts';
import { imageTemplate } from '../e2e/templates.ts';

const GROUP = 'golden-images';
const LIVES = 2;

describe('templates, with worker and gateway killed at random', () => {
  const stack = new TestStack('simulated');
  let dev: ReturnType<TestStack['start']>;
  let builder: ImageBuilderClient;
  before(async () => {
    const up = await stack.upWithGateway();
    dev = up.dev;
    const { credential } = createClients({ ...stack.connection(), endpoint: up.endpoint });
    builder = new ImageBuilderClient(credential, stack.connection().subscriptionId, {
      endpoint: up.endpoint,
      retryOptions: { maxRetries: 200, retryDelayInMs: 100, maxRetryDelayInMs: 500 },
    });
  });
  after(async () => {
    dev.signal('SIGTERM');
    await dev.ended;
    await stack.close();
  });

  it('come to the same end', async (t) => {
    let killing = true;
    const kills: string[] = [];
    const killer = (async () => {
      while (killing) {
        // Long enough for a worker to come back and do something before it is killed again.
        await pause(randomInt(1500, 5000));
        // Each once, whatever chance says.
        const service = ['worker', 'gateway'][kills.length < 2 ? kills.length : randomInt(2)] as 'worker' | 'gateway';
        if (!killing || !isAlive(readStack(stack.stateDir)[service])) continue;
        stack.kill(service);
        kills.push(service);
      }
    })();
    const before = await stack.inventory();
    const templates = builder.virtualMachineImageTemplates;
    const FAST = { updateIntervalInMs: 100 };
    try {
      for (let life = 1; life <= LIVES; life++) {
        const name = `life-${life}`;
        const made = await templates.createOrUpdate(GROUP, name, imageTemplate(['# simulate: seconds=3']), FAST);
        assert.equal(made.provisioningState, 'Succeeded');
        // The answer to a run that was taken may be lost, and its repetition refused.
        await templates.run(GROUP, name, FAST).then(
          () => {},
          (error: { statusCode?: number }) => assert.equal(error.statusCode, 409),
        );
        for (;;) {
          const { lastRunStatus } = await templates.get(GROUP, name);
          if (lastRunStatus?.runState !== 'Running') {
            assert.equal(lastRunStatus?.runState, 'Succeeded', lastRunStatus?.message);
            break;
          }
          await pause(200);
        }
        const { artifactId } = await templates.getRunOutput(GROUP, name, 'gallery');
        assert.match(artifactId ?? '', new RegExp(`/versions/1\\.0\\.${life - 1}$`));
        await templates.delete(GROUP, name, FAST).then(
          () => {},
          (error: { statusCode?: number }) => assert.equal(error.statusCode, 409),
        );
        await assert.rejects(async () => {
          for (;;) {
            await templates.get(GROUP, name);
            await pause(200);
          }
        }, /was not found/);
      }
    } finally {
      killing = false;
      await killer;
      t.diagnostic(`killed ${kills.join(', ')}`);
    }
    assert.ok(kills.includes('worker') && kills.includes('gateway'));
    const made = (await stack.inventory()).filter((id) => !before.includes(id));
    assert.equal(made.length, LIVES, made.join('\n'));
    assert.ok(made.every((id) => /\/versions\/1\.0\.\d$/.test(id)));
  });
});
