#!/usr/bin/env node
// Kiln runs its TypeScript as it is, which takes Node 24. Where an older one is in use, the pinned one takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const WANTED = 24;
const main = new URL('../src/client/main.ts', import.meta.url);
if (Number(process.versions.node.split('.')[0]) >= WANTED) {
  await import(main.href);
} else {
  const pinned = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(pinned)) {
    process.stderr.write(
      `kiln needs Node ${WANTED} or newer, this is ${process.versions.node}; run npm ci, which brings it\n`,
    );
    process.exit(2);
  }
  const child = spawn(pinned, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself; this process only waits for its answer.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT') child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
