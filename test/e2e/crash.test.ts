import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TestStack } from './stack.ts';

const GROUP = '/subscriptions/10ca1a2e-0000-4000-8000-000000000001/resourceGroups/golden-images/providers';
const sandboxed = process.platform === 'linux' && process.getuid?.() === 0;

describe('kiln, with processes killed under a build', () => {
  const stack = new TestStack('sandbox');
  after(() => stack.close());

  /** The customizer appends a line and waits for a file that the test makes once it has done its killing. */
  function template(): string {
    const file = join(stack.stateDir, 'crash.json');
    const inline = ['echo started', 'echo one line >> /root/lines', 'sleep 8', 'echo lines: $(wc -l < /root/lines)'];
    const body = {
      location: 'westeurope',
      identity: {
        type: 'UserAssigned',
        userAssignedIdentities: { [`${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder`]: {} },
      },
      properties: {
        source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
        customize: [{ type: 'Shell', name: 'append', inline }],
        distribute: [
          {
            type: 'SharedImage',
            runOutputName: 'gallery',
            galleryImageId: `${GROUP}/Microsoft.Compute/galleries/golden/images/debian-12`,
          },
        ],
      },
    };
    writeFileSync(file, JSON.stringify(body));
    return file;
  }

  for (const service of ['worker', 'azure', 'temporal'] as const) {
    it(
      `goes on when the ${service} is killed inside a customizer, which runs once`,
      {
        skip: sandboxed ? false : 'the sandbox needs root on Linux',
      },
      async () => {
        const runId = `crash-${service}`;
        const build = stack.start('build', template(), '--id', runId);
        await stack.until(runId, ({ steps }) => steps[0]?.state === 'Running', 300_000);
        stack.kill(service);
        const { code, stdout, stderr } = await build.ended;
        assert.equal(code, 0, `${stdout}\n${stderr}`);
        const { stdout: logs } = await stack.kiln('logs', runId);
        assert.match(logs, /lines: 1$/m);
        const machines = join(stack.stateDir, 'azure/machines');
        assert.deepEqual(existsSync(machines) ? readdirSync(machines) : [], []);
      },
    );
  }
});
