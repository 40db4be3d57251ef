/** Running the host's own tools. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the tool printed. Rejects with its stderr in the message. */
export async function tool(
  name: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await run(name, args, { maxBuffer: 64 * 1024 * 1024, ...options });
    return stdout;
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr?.trim().split('\n').slice(-5).join('\n');
    throw new Error(`${name} ${args.slice(0, 3).join(' ')} …: ${stderr || String(error)}`, { cause: error });
  }
}

export async function hasTool(name: string): Promise<boolean> {
  return tool('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${name}`]).then(
    () => true,
    () => false,
  );
}

/** One word for a shell, whatever is in it. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
