/** One step inside a machine: its staged content fetched, checked and run or put in place, restarts, updates. */
import type { VirtualMachineRunCommandInstanceView } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { failure } from '../azure/errors.ts';
import type { FailureType } from '../azure/errors.ts';
import { buildUserPassword } from './build-user.ts';
import type { Guest, RunContext, StagedStep, StepActivities, StepHeartbeat, StepResult, StepRole } from './contract.ts';
import { exports, linuxStep, outcomeOf, startCommand } from './guest/linux.ts';
import { BUILD_USER, windowsOutcomeOf, windowsStep } from './guest/windows.ts';
import { askGuest, lastLines, runInGuest, VALID_HOURS, wasCutOff } from './guest-command.ts';
import type { Beat, GuestCommand } from './guest-command.ts';
import { restartMachine } from './restart.ts';
import { neverRan } from './run-command.ts';
import { installUpdates } from './windows-updates.ts';

/** The longest build Azure Image Builder allows, so that the workflow's own timeout always comes first. */
const TIMEOUT_SECONDS = 960 * 60;
/** For a machine that a step restarted by itself. */
const BACK_WITHIN_SECONDS = 1200;
const ATTEMPTS = 3;

const FAILURE_OF: Record<StepRole, FailureType> = {
  customizer: 'CustomizerFailed',
  optimizer: 'OptimizerFailed',
  validator: 'ValidatorFailed',
};

type ContentStep = Extract<StagedStep, { blob: string }>;

export function createStepActivities(azure: Azure): StepActivities {
  return {
    async runStep(run, guest, step) {
      switch (step.type) {
        case 'WindowsRestart': {
          const { key, restartTimeoutInSeconds, restartCommand, restartCheckCommand } = step;
          const restart = {
            key,
            timeoutInSeconds: restartTimeoutInSeconds,
            command: restartCommand,
            checkCommand: restartCheckCommand,
          };
          return restartMachine(azure, run, guest, restart, beatOf(step));
        }
        case 'WindowsUpdate':
          return installUpdates(azure, run, guest, step);
        case 'Shell':
        case 'PowerShell':
        case 'File': {
          const result = await runContent(azure, run, guest, step);
          if (step.type !== 'Shell' || step.restart === undefined) return result;
          const restart = { key: `${step.key}-restart`, command: '', ...step.restart };
          const { endTime, note = '' } = await restartMachine(azure, run, guest, restart, beatOf(step));
          return { ...result, endTime, note: [result.note, note].filter(Boolean).join('; ') };
        }
      }
    },
  };
}

/**
 * A script may restart the machine, which cuts its command off. Then the machine is waited for and asked what became of
 * the step; only one that had not begun is run again.
 */
async function runContent(azure: Azure, run: RunContext, guest: Guest, step: ContentStep): Promise<StepResult> {
  for (let attempt = 1; ; attempt++) {
    const key = attempt === 1 ? step.key : `${step.key}-again-${attempt}`;
    const { view, result } = await runInGuest(
      azure,
      run,
      guest,
      { key, ...commandOf(azure, run, guest, step) },
      beatOf(step),
    );
    if (!wasCutOff(view)) return settle(step, view, result);
    const script = guest.osType === 'Windows' ? windowsOutcomeOf(step.key) : outcomeOf(step.key);
    const question = { key: `${key}-outcome`, script, withinSeconds: BACK_WITHIN_SECONDS };
    const { outputTail } = await askGuest(azure, run, guest, question, beatOf(step));
    const [outcome = '', code = ''] = lastLines(outputTail, 1).split(' ');
    if (outcome === 'exit') return settle(step, view, { ...result, exitCode: Number(code), note: RESTARTED });
    if (outcome === 'restarted') return { ...result, exitCode: 0, note: RESTARTED };
    if (outcome !== 'not' || attempt === ATTEMPTS) throw cutOff(step, result);
  }
}

const RESTARTED = 'the machine restarted while it ran';

function commandOf(azure: Azure, run: RunContext, guest: Guest, step: ContentStep): Omit<GuestCommand, 'key'> {
  const password = () => buildUserPassword(azure, run);
  const windows = guest.osType === 'Windows' ? windowsStep(step) : undefined;
  return {
    script: windows?.script ?? linuxStep(step),
    timeoutInSeconds: step.timeoutInSeconds ?? TIMEOUT_SECONDS,
    secrets: async (blobs) => ({
      KILN_SOURCE: await blobs.signedUrl(
        blobs.service.getContainerClient('files').getBlobClient(step.blob),
        'r',
        VALID_HOURS,
      ),
      ...environmentOf(step),
      ...(windows?.needsPassword === true ? { KILN_PASSWORD: await password() } : {}),
    }),
    ...(windows?.asBuildUser === true ? { runAs: async () => ({ user: BUILD_USER, password: await password() }) } : {}),
  };
}

/** As its frame inside the machine takes it. */
function environmentOf(step: ContentStep): Record<string, string> {
  if (step.type === 'File') return {};
  const { environment } = step;
  const text = step.type === 'Shell' ? exports : JSON.stringify;
  return {
    ...(environment === undefined ? {} : { KILN_ENVIRONMENT: text(environment) }),
    ...(step.type === 'Shell' && step.executeCommand !== undefined ? { KILN_COMMAND: startCommand(step) } : {}),
  };
}

function beatOf(step: StagedStep): Beat {
  return ({ output = '', error = '' }) => {
    const lastLine = lastLines(output, 1) || lastLines(error, 1);
    return { stepKey: step.key, ...(lastLine === '' ? {} : { lastLine }) } satisfies StepHeartbeat;
  };
}

function settle(step: ContentStep, view: VirtualMachineRunCommandInstanceView, result: StepResult): StepResult {
  const name = nameOf(step);
  if (view.executionState === 'TimedOut') throw timedOut(step, result);
  if (neverRan(view)) throw failure(FAILURE_OF[step.role], `${name} could not be run: ${result.errorTail}`, result);
  const allowed = (step.type === 'File' ? undefined : step.validExitCodes) ?? [0];
  if (view.executionState !== 'Canceled' && allowed.includes(result.exitCode)) return result;
  const output = lastLines(result.errorTail, 5) || lastLines(result.outputTail, 5);
  const message = output || view.executionMessage || 'it printed nothing';
  throw failure(FAILURE_OF[step.role], `${name} exited with ${result.exitCode}: ${message}`, result);
}

function timedOut(step: ContentStep, result: StepResult): Error {
  const { timeoutInSeconds } = step;
  const within = timeoutInSeconds === undefined ? '' : ` after ${timeoutInSeconds} s, its own timeout`;
  return failure('CustomizerTimedOut', `${nameOf(step)} timed out${within}`, result);
}

function cutOff(step: ContentStep, result: StepResult): Error {
  const why = 'the machine went down under it, and not by a restart that something in it had asked for';
  return failure('MachineLost', `${nameOf(step)}: ${why}`, result);
}

const nameOf = ({ role, index, type, name }: StagedStep): string => `${role} ${index + 1} (${type} ${name})`;
