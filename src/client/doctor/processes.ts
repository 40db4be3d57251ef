/** What others of Kiln's processes find: they know what they need, and have the environment that they would run in. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findingsOf, reasonOf, type Finding } from './finding.ts';

const SOURCE = fileURLToPath(new URL('../..', import.meta.url));

/** @param script below src; it prints its findings as JSON */
export function askProcess(
  script: string,
  { args = [], env, input = '' }: { args?: string[]; env: NodeJS.ProcessEnv; input?: string },
): Promise<Finding[]> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [`${SOURCE}${script}`, ...args],
      { env, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        try {
          resolve(JSON.parse(stdout) as Finding[]);
        } catch {
          const reason = stderr.trim().split('\n').at(-1) ?? '';
          resolve([findingsOf('Kiln')(script, 'missing', `it broke: ${reason || reasonOf(error)}`)]);
        }
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
