/** One step inside the machine: its staged content fetched, checked and run (Shell) or put in place (File). */
import { Context } from '@temporalio/activity';
import type { VirtualMachineRunCommandInstanceView } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure } from '../azure/errors.ts';
import { openStagingBlobs, signedUrl } from './blobs.ts';
import type { AccountBlobs } from './blobs.ts';
import type { CustomizeActivities, StagedStep, StepHeartbeat, StepResult } from './contract.ts';
import { stepScript } from './guest-scripts.ts';
import { runCommand } from './run-command.ts';

/** The longest build Azure Image Builder allows, so that the workflow's own timeout always comes first. */
const TIMEOUT_SECONDS = 960 * 60;
const TAIL_BYTES = 2048;

export function createCustomizeActivities(azure: Azure): CustomizeActivities {
  return {
    async runCustomizer(run, machineName, step) {
      const blobs = await openStagingBlobs(azure, run);
      const logs = logBlobs(blobs, step.key);
      const view = await runCommand(
        azure,
        run,
        machineName,
        async () => ({
          name: step.key,
          script: stepScript(step),
          secrets: { KILN_SOURCE: await signedUrl(stagedBlob(blobs, step), 'r', 24) },
          outputUrl: await signedUrl(logs.stdout, 'racw', 24),
          errorUrl: await signedUrl(logs.stderr, 'racw', 24),
          timeoutInSeconds: TIMEOUT_SECONDS,
        }),
        step.key,
        ({ output, error }) => heartbeat(step, output, error),
      );
      const result = await stepResult(blobs, step.key, view);
      if (view.executionState === 'Succeeded' && result.exitCode === 0) return result;
      throw stepFailure(step, view, result);
    },
  };
}

function heartbeat(step: StagedStep, output = '', error = ''): StepHeartbeat {
  const lastLine = lastLines(output, 1) || lastLines(error, 1);
  return { stepIndex: step.index, ...(lastLine === '' ? {} : { lastLine }) };
}

function stepFailure(step: StagedStep, view: VirtualMachineRunCommandInstanceView, result: StepResult): Error {
  const name = `customizer ${step.index + 1} (${step.type} ${step.name})`;
  if (view.executionState === 'TimedOut') return failure('CustomizerTimedOut', `${name} timed out`, result);
  const output = lastLines(result.errorTail, 5) || lastLines(result.outputTail, 5);
  const message = output || view.executionMessage || 'it printed nothing';
  return failure('CustomizerFailed', `${name} exited with ${result.exitCode}: ${message}`, result);
}

export function logBlobs(blobs: AccountBlobs, key: string) {
  const container = blobs.service.getContainerClient('logs');
  return {
    stdout: container.getAppendBlobClient(`${key}/stdout.log`),
    stderr: container.getAppendBlobClient(`${key}/stderr.log`),
  };
}

function stagedBlob(blobs: AccountBlobs, step: StagedStep) {
  return blobs.service.getContainerClient('files').getBlobClient(step.blob);
}

/** Exit code and times from Azure, the tails from the blobs, which hold all of the output. */
export async function stepResult(
  blobs: AccountBlobs,
  key: string,
  view: VirtualMachineRunCommandInstanceView,
): Promise<StepResult> {
  const { stdout, stderr } = logBlobs(blobs, key);
  const [outputTail, errorTail] = await attempt(`read the output of ${key}`, () =>
    Promise.all([tail(stdout, view.output), tail(stderr, view.error)]),
  );
  return {
    exitCode: view.exitCode ?? -1,
    startTime: (view.startTime ?? new Date()).toISOString(),
    endTime: (view.endTime ?? new Date()).toISOString(),
    outputTail,
    errorTail,
    stdoutBlob: stdout.name,
    stderrBlob: stderr.name,
  };
}

/** The agent may still be writing the blob, or never have made it; then what it reported itself is used. */
async function tail(blob: ReturnType<typeof logBlobs>['stdout'], reported = ''): Promise<string> {
  if (!(await blob.exists())) return reported.slice(-TAIL_BYTES);
  const { contentLength = 0 } = await blob.getProperties();
  if (contentLength === 0) return reported.slice(-TAIL_BYTES);
  const bytes = await blob.downloadToBuffer(Math.max(0, contentLength - TAIL_BYTES), undefined, {
    abortSignal: Context.current().cancellationSignal,
  });
  return bytes.toString('utf8');
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n').trim();
}
