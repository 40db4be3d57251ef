/**
 * The test server that skips time. The SDK downloads it; where that is refused, its Java form is taken from Maven Central
 * into Kiln's cache, which needs `mvn` and `java`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { readSettings } from '../../src/client/settings.ts';

const VERSION = '1.38.0';
const STARTS = 3;

/** The environment, or in words why there is none. */
export async function timeSkipping(): Promise<TestWorkflowEnvironment | string> {
  try {
    return await TestWorkflowEnvironment.createTimeSkipping();
  } catch {
    // Not to be had from where it is published.
  }
  for (let tries = 1; ; tries++) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path: fromMaven() } },
      });
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      // The SDK gives it ten seconds, which are not enough for Java while all else is being tested.
      if (tries < STARTS && /ephemeral server/.test(reason)) continue;
      return `no test server that skips time: ${reason}`;
    }
  }
}

/** A command that takes the server's arguments. */
function fromMaven(): string {
  const folder = join(readSettings({}).cacheDir, `temporal-test-server-${VERSION}`);
  const command = join(folder, 'temporal-test-server');
  if (existsSync(command)) return command;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    writeFileSync(
      join(partial, 'pom.xml'),
      `<project><modelVersion>4.0.0</modelVersion><groupId>kiln</groupId><artifactId>test</artifactId><version>1</version>
<dependencies><dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version></dependency></dependencies></project>`,
    );
    execFileSync('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars'], {
      cwd: partial,
      stdio: 'pipe',
    });
    const script = `#!/bin/sh\nexec java -cp "$(dirname "$0")/jars/*" io.temporal.testserver.TestServer "$@"\n`;
    writeFileSync(join(partial, 'temporal-test-server'), script, { mode: 0o755 });
    if (!existsSync(folder)) renameSync(partial, folder);
    return command;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
