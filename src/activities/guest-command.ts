/** One command inside a machine of the build, with its output in the staging account's logs. */
import { Context } from '@temporalio/activity';
import type { VirtualMachineRunCommandInstanceView } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure } from '../azure/errors.ts';
import { openStagingBlobs } from './blobs.ts';
import type { AccountBlobs } from './blobs.ts';
import type { Guest, RunContext, StepResult } from './contract.ts';
import { isOff } from './power.ts';
import { neverRan, runCommand } from './run-command.ts';

/** Of what a command is given to read and to write: more than the longest build. */
export const VALID_HOURS = 24;
const TAIL_BYTES = 2048;
/** A question that is not answered after so long was cut off, whatever Azure says of it. */
const ANSWERED_WITHIN_MS = 90_000;
/** By it a question asks to be asked again. */
const NOT_YET = 75;

export interface GuestCommand {
  /** Names the run command and its log blobs. */
  key: string;
  script: string;
  timeoutInSeconds: number;
  secrets?: (blobs: AccountBlobs) => Promise<Record<string, string>>;
  runAs?: () => Promise<{ user: string; password: string }>;
}

/** Told with each look at the command; answers the heartbeat. */
export type Beat = (view: VirtualMachineRunCommandInstanceView) => object;

export interface Ran {
  result: StepResult;
  view: VirtualMachineRunCommandInstanceView;
}

export async function runInGuest(
  azure: Azure,
  run: RunContext,
  guest: Guest,
  command: GuestCommand,
  beat: Beat,
  endsWith?: () => Promise<boolean>,
): Promise<Ran> {
  const { key, script, timeoutInSeconds, secrets, runAs } = command;
  const blobs = await openStagingBlobs(azure, run);
  const logs = logBlobs(blobs, key);
  const view = await runCommand(
    azure,
    run,
    guest.name,
    async () => {
      const as = await runAs?.();
      return {
        name: key,
        script,
        secrets: (await secrets?.(blobs)) ?? {},
        outputUrl: await blobs.signedUrl(logs.stdout, 'racw', VALID_HOURS),
        errorUrl: await blobs.signedUrl(logs.stderr, 'racw', VALID_HOURS),
        timeoutInSeconds,
        ...(as === undefined ? {} : { runAs: as }),
      };
    },
    key,
    beat,
    endsWith,
  );
  return { view, result: await stepResult(blobs, key, view) };
}

/** A machine that goes down takes the command with it: it ends without an exit code of its own. */
export function wasCutOff({ executionState, exitCode }: VirtualMachineRunCommandInstanceView): boolean {
  return executionState !== 'TimedOut' && executionState !== 'Canceled' && (exitCode ?? -1) === -1;
}

/**
 * Asks a machine that may be restarting until it answers: each question is short, ends with 75 to be asked again, and
 * may be cut off. Answers the first result that is neither.
 * @throws MachineLost where the machine is off, RestartTimedOut where it does not answer in time
 */
export async function askGuest(
  azure: Azure,
  run: RunContext,
  guest: Guest,
  question: { key: string; script: string; withinSeconds: number },
  beat: Beat,
): Promise<StepResult> {
  const { key, script, withinSeconds } = question;
  const deadline = Date.now() + withinSeconds * 1000;
  for (let asked = 1; ; asked++) {
    if (await isOff(azure, run, guest.name)) {
      throw failure('MachineLost', `${guest.name} is off: a step of it shut it down`);
    }
    let running: number | undefined;
    const { view, result } = await runInGuest(
      azure,
      run,
      guest,
      { key: `${key}-${asked}`, script, timeoutInSeconds: ANSWERED_WITHIN_MS / 1000 },
      (seen) => {
        if (seen.startTime !== undefined) running ??= Date.now();
        return beat({});
      },
      () =>
        Promise.resolve(Date.now() > deadline || (running !== undefined && Date.now() > running + ANSWERED_WITHIN_MS)),
    );
    const unanswered = wasCutOff(view) || neverRan(view) || view.executionState === 'TimedOut';
    if (!unanswered && result.exitCode !== NOT_YET) return result;
    if (Date.now() > deadline) {
      throw failure('RestartTimedOut', `${guest.name} was not back ${withinSeconds} seconds after its restart`, result);
    }
  }
}

export function logBlobs(blobs: AccountBlobs, key: string) {
  const container = blobs.service.getContainerClient('logs');
  return {
    stdout: container.getAppendBlobClient(`${key}/stdout.log`),
    stderr: container.getAppendBlobClient(`${key}/stderr.log`),
  };
}

/**
 * Exit code and times from Azure, the tails from the blobs, which hold all of the output. A script that never ran has
 * no exit code of its own, and Azure's message for its errors.
 */
async function stepResult(
  blobs: AccountBlobs,
  key: string,
  view: VirtualMachineRunCommandInstanceView,
): Promise<StepResult> {
  const { stdout, stderr } = logBlobs(blobs, key);
  const [outputTail, errorTail] = await attempt(`read the output of ${key}`, () =>
    Promise.all([tail(stdout, view.output), tail(stderr, view.error)]),
  );
  return {
    exitCode: neverRan(view) ? -1 : (view.exitCode ?? -1),
    startTime: (view.startTime ?? new Date()).toISOString(),
    endTime: (view.endTime ?? new Date()).toISOString(),
    outputTail,
    errorTail: neverRan(view) ? errorTail || (view.executionMessage ?? '') : errorTail,
    stdoutBlob: stdout.name,
    stderrBlob: stderr.name,
  };
}

/** The agent may still be writing the blob, or never have made it; then what it reported itself is used. */
async function tail(blob: ReturnType<typeof logBlobs>['stdout'], reported = ''): Promise<string> {
  if (!(await blob.exists())) return reported.slice(-TAIL_BYTES);
  const { contentLength = 0 } = await blob.getProperties();
  if (contentLength === 0) return reported.slice(-TAIL_BYTES);
  const from = Math.max(0, contentLength - TAIL_BYTES);
  const bytes = await blob.downloadToBuffer(from, undefined, {
    abortSignal: Context.current().cancellationSignal,
  });
  const text = bytes.toString('utf8');
  // What is left of a letter that was cut in two.
  return from === 0 ? text : text.replace(/^\uFFFD{1,3}/, '');
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n').trim();
}
