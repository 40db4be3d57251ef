/** Restarting a machine and waiting until it is back; known to be by what a restart changes inside, not by the clock. */
import type { Azure } from '../azure/environment.ts';
import { failure } from '../azure/errors.ts';
import type { Guest, RunContext, StepResult } from './contract.ts';
import { LINUX_IS_BACK, LINUX_RESTART } from './guest/linux.ts';
import { windowsIsBack, windowsRestart } from './guest/windows.ts';
import { askGuest, runInGuest, wasCutOff } from './guest-command.ts';
import type { Beat } from './guest-command.ts';

const BEGINS_WITHIN_SECONDS = 120;

export interface Restart {
  /** Names its commands. */
  key: string;
  timeoutInSeconds: number;
  /** Windows only. */
  command: string;
  /** Windows only: run until it ends with 0. */
  checkCommand?: string | undefined;
}

/** The restart that Windows itself is asked for. */
export const WINDOWS_RESTART_COMMAND = 'shutdown /r /f /t 0 /c "kiln restart"';

export async function restartMachine(
  azure: Azure,
  run: RunContext,
  guest: Guest,
  { key, timeoutInSeconds, command, checkCommand }: Restart,
  beat: Beat,
): Promise<StepResult> {
  const windows = guest.osType === 'Windows';
  const script = windows ? windowsRestart(command) : LINUX_RESTART;
  const begun = await runInGuest(azure, run, guest, { key, script, timeoutInSeconds: BEGINS_WITHIN_SECONDS }, beat);
  // Where it was quicker than its own report, the question below tells whether it came.
  if (!wasCutOff(begun.view) && begun.result.exitCode !== 0) {
    const message = begun.result.errorTail.trim() || begun.result.outputTail.trim();
    throw failure('CustomizerFailed', `the restart could not be begun: ${message}`, begun.result);
  }
  const question = windows ? windowsIsBack(checkCommand) : LINUX_IS_BACK;
  const back = await askGuest(
    azure,
    run,
    guest,
    { key: `${key}-back`, script: question, withinSeconds: timeoutInSeconds },
    beat,
  );
  if (back.exitCode !== 0) {
    throw failure('RestartTimedOut', `after the restart: ${back.errorTail.trim() || back.outputTail.trim()}`, back);
  }
  return { ...begun.result, exitCode: 0, endTime: back.endTime, note: 'the machine was restarted' };
}
