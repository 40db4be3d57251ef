/**
 * How a simulated job ends, as its script says in a comment line:
 * `# simulate: exit=3 seconds=2 stdout="hello\n" stderr="oops"`. In a quoted value \n, \t, \" and \\ are what they are in C.
 */

export interface Outcome {
  exitCode: number;
  seconds: number;
  stdout: string;
  stderr: string;
}

const SIMULATE = /^\s*#\s*simulate:(.*)$/m;

export const tellsOutcome = (script: string): boolean => SIMULATE.test(script);

const ESCAPED: Record<string, string> = { n: '\n', t: '\t', r: '\r' };

/** A script without such a line succeeds at once and prints nothing. */
export function scriptedOutcome(script: string): Outcome {
  const line = SIMULATE.exec(script)?.[1] ?? '';
  return {
    exitCode: Number(valueOf(line, 'exit') ?? 0),
    seconds: Number(valueOf(line, 'seconds') ?? 0),
    stdout: valueOf(line, 'stdout') ?? '',
    stderr: valueOf(line, 'stderr') ?? '',
  };
}

function valueOf(line: string, name: string): string | undefined {
  const match = new RegExp(`\\b${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|(\\S+))`).exec(line);
  return match?.[1]?.replaceAll(/\\(.)/g, (_, letter: string) => ESCAPED[letter] ?? letter) ?? match?.[2];
}
