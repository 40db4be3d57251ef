/** Windows Update in rounds: search, install, restart, until a round finds nothing more. */
import { Context } from '@temporalio/activity';
import type { Azure } from '../azure/environment.ts';
import { failure } from '../azure/errors.ts';
import type { WindowsUpdateCustomizer } from '../template/build-plan.ts';
import type { Guest, RunContext, StepHeartbeat, StepResult } from './contract.ts';
import { runInGuest, wasCutOff } from './guest-command.ts';
import { readRound, UPDATE_EXIT, updateRound } from './guest/windows-update.ts';
import { restartMachine, WINDOWS_RESTART_COMMAND } from './restart.ts';
import { deleteCommand } from './run-command.ts';

/** As many rounds may install nothing before it is given up: one that only restarts, one that tries again. */
const IDLE_ROUNDS = 3;
const MAX_ROUNDS = 40;
/** Configuring updates at the start may take hours; rgl/packer-plugin-windows-update waits as long. */
const RESTART_SECONDS = 4 * 3600;
const ROUND_SECONDS = 960 * 60;

/** Where a worker that takes over goes on. */
interface RoundHeartbeat extends StepHeartbeat {
  round: number;
  installed: number;
  idle: number;
}

export async function installUpdates(
  azure: Azure,
  run: RunContext,
  guest: Guest,
  step: WindowsUpdateCustomizer,
): Promise<StepResult> {
  const former = Context.current().info.heartbeatDetails as RoundHeartbeat | undefined;
  let { round, installed, idle } = former?.round === undefined ? { round: 1, installed: 0, idle: 0 } : former;
  for (; round <= MAX_ROUNDS; round++) {
    const beat = (doing: string) => (): RoundHeartbeat => ({
      stepKey: step.key,
      lastLine: `round ${round}: ${doing}, ${installed} installed so far`,
      round,
      installed,
      idle,
    });
    const key = commandOf(step, round);
    const command = { key, script: updateRound(step), timeoutInSeconds: ROUND_SECONDS };
    const { result, view } = await runInGuest(azure, run, guest, command, beat('updating'));
    const restarts = wasCutOff(view) || result.exitCode === UPDATE_EXIT.restart;
    const report = readRound(result.outputTail);
    const total = installed + (report?.installed ?? 0);
    if (result.exitCode === UPDATE_EXIT.done) {
      return { ...result, note: `${total} updates installed in ${round} rounds` };
    }
    if (!restarts && result.exitCode !== UPDATE_EXIT.again) {
      const message = result.errorTail.trim() || result.outputTail.trim() || 'it printed nothing';
      throw failure('CustomizerFailed', `Windows Update ended with ${result.exitCode}: ${message}`, result);
    }
    const stillIdle = (report?.installed ?? 0) === 0 ? idle + 1 : 0;
    if (stillIdle >= IDLE_ROUNDS) {
      const reason = report?.failed.join('; ') || 'a restart stays pending';
      throw failure('UpdatesStuck', `${IDLE_ROUNDS} rounds of Windows Update installed nothing: ${reason}`, result);
    }
    if (restarts) {
      const restart = { key: `${key}-restart`, timeoutInSeconds: RESTART_SECONDS, command: WINDOWS_RESTART_COMMAND };
      await restartMachine(azure, run, guest, restart, beat('restarting'));
    }
    installed = total;
    idle = stillIdle;
    // A machine holds no more than 25 run commands; those of the round before will not be looked for again.
    if (round > 1) await forget(azure, run, guest, commandOf(step, round - 1));
  }
  throw failure('UpdatesStuck', `Windows Update was not done after ${MAX_ROUNDS} rounds`);
}

const commandOf = ({ key }: WindowsUpdateCustomizer, round: number): string =>
  round === 1 ? key : `${key}-round-${round}`;

async function forget(azure: Azure, run: RunContext, guest: Guest, key: string): Promise<void> {
  for (const name of [`${key}-restart-back-1`, `${key}-restart`, key]) {
    await deleteCommand(azure, run, guest.name, name);
  }
}
