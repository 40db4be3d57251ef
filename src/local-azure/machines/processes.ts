/** Processes that outlive this one, and how they are known again: a process id alone may have been given to another. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Process id of the machine's outermost process, if it is still the one that was started. */
export function livingProcess(folder: string): number | undefined {
  try {
    const [pid = '', started] = readFileSync(join(folder, 'process'), 'utf8').trim().split(' ');
    return startTimeOf(Number(pid)) === started ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

/** Ends it, and with it all that is inside (see --die-with-parent). */
export async function endProcess(folder: string): Promise<void> {
  const pid = livingProcess(folder);
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
  while (livingProcess(folder) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Field 22 of /proc/<pid>/stat; the command's name, field 2, may itself contain spaces and brackets. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Spawned with nothing of ours to hold on to, so that it goes on when we are killed. */
export function detached(command: string, args: string[], cwd: string, output: number): void {
  const child = spawn(command, args, {
    cwd,
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'] },
  });
  child.on('error', () => {});
  child.unref();
  if (child.pid === undefined) throw new Error(`${command} could not be started`);
}
