/**
 * `npm run record-histories`: saves the histories that replay.test.ts replays, from builds on simulated machines. Run it
 * when workflow code changes in a way that former histories cannot follow, which after a release needs a patch instead.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { TestStack } from '../e2e/stack.ts';
import { DEFINITION, shellTemplate } from '../e2e/templates.ts';

const FOLDER = fileURLToPath(new URL('histories/', import.meta.url));

const distribute = [
  {
    type: 'SharedImage',
    runOutputName: 'gallery',
    galleryImageId: DEFINITION,
    targetRegions: [{ name: 'westeurope' }, { name: 'northeurope' }],
  },
  { type: 'VHD', runOutputName: 'vhd' },
];

const stack = new TestStack('simulated');
try {
  await stack.up();

  await stack.kiln('build', stack.write('success', shellTemplate(['true'], { distribute })), '--id', 'success');
  await save('success', 'kiln-build/success');
  await save('success-gallery', 'kiln-build/success/gallery');
  await save('success-vhd', 'kiln-build/success/vhd');

  const failing = shellTemplate(['# simulate: exit=7 stderr="no such package"'], { distribute });
  await stack.kiln('build', stack.write('failure', failing), '--id', 'failure');
  await save('failure', 'kiln-build/failure');

  const file = stack.write('cancel', shellTemplate(['true'], { distribute }));
  const build = stack.start('build', file, '--id', 'cancel');
  await stack.until('cancel', ({ stage }) => stage === 'Distributing');
  await (await stack.client()).cancel('cancel');
  await build.ended;
  await save('cancel', 'kiln-build/cancel');
  await save('cancel-gallery', 'kiln-build/cancel/gallery');
} finally {
  await stack.close();
}

async function save(name: string, workflowId: string): Promise<void> {
  const history = await stack.history(workflowId);
  // Processes, hosts and paths say nothing to a replay.
  const parsed: unknown = JSON.parse(historyToJSON(history), (key, value: unknown) =>
    key === 'identity' ? 'kiln' : key === 'stackTrace' ? '' : value,
  );
  writeFileSync(`${FOLDER}${name}.json`, `${JSON.stringify(parsed)}\n`);
}
