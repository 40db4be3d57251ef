/**
 * Managed Run Command (v2): the one way into the machine. A command is found again by its name, so a worker that takes
 * over waits for the command that is running instead of starting another.
 */
import type { VirtualMachineRunCommand, VirtualMachineRunCommandInstanceView } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound } from '../azure/errors.ts';
import { isCancelRequested, settled, throwIfCanceled, watch } from '../azure/operations.ts';
import { Allowance, machinePace } from '../azure/pacing.ts';
import type { RunContext } from './contract.ts';

const ENDED = new Set(['Succeeded', 'Failed', 'TimedOut', 'Canceled']);
/** For Azure to show a command that it says has begun: reads may lag behind writes. */
const SHOWN_WITHIN_MS = 10_000;

/** What a machine holds, and how many make room at once: each deletion is one of the machine's few writes. */
const MAX_COMMANDS = 25;
const ROOM = 3;

type Pollable = { isDone: boolean; poll(): Promise<unknown> };

export interface CommandSpec {
  name: string;
  script: string;
  /** Never answered back by Azure, never in a history. */
  secrets: Record<string, string>;
  outputUrl: string;
  errorUrl: string;
  timeoutInSeconds: number;
  /** Windows: who runs it; SYSTEM where absent. */
  runAs?: { user: string; password: string };
}

/**
 * Starts the command unless it is there, waits for its end and answers what Azure saw. Only a build that is cancelled
 * ends it: a failed look at it, a worker that stops or one that lost its connection must leave it to the next attempt,
 * which would otherwise run a half-done script again.
 * @param endsWith another sign that there is nothing more to wait for, where the agent may go before it reports
 */
export async function runCommand(
  azure: Azure,
  run: RunContext,
  machine: string,
  spec: () => Promise<CommandSpec>,
  name: string,
  beat: (view: VirtualMachineRunCommandInstanceView) => object,
  endsWith: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<VirtualMachineRunCommandInstanceView> {
  const { compute } = azure.clients(run.subscriptionId);
  const { resourceGroup } = run.staging;
  const commands = compute.virtualMachineRunCommands;
  const allowance = new Allowance();
  const get = (): Promise<VirtualMachineRunCommand | undefined> =>
    attempt(`ask for the state of ${name}`, () =>
      orNotFound(
        commands.getByVirtualMachine(resourceGroup, machine, name, { expand: 'instanceView', ...allowance.options }),
      ),
    );

  let seen = (await get()) !== undefined;
  const started: Pollable[] = [];
  if (!seen) {
    throwIfCanceled();
    const { script, secrets, outputUrl, errorUrl, timeoutInSeconds, runAs } = await spec();
    const command: VirtualMachineRunCommand = {
      location: run.location,
      tags: run.tags,
      source: { script },
      protectedParameters: Object.entries(secrets).map(([key, value]) => ({ name: key, value })),
      asyncExecution: true,
      timeoutInSeconds,
      outputBlobUri: outputUrl,
      errorBlobUri: errorUrl,
      ...(runAs === undefined ? {} : { runAsUser: runAs.user, runAsPassword: runAs.password }),
    };
    const start = async (): Promise<void> => {
      const poller = commands.createOrUpdate(resourceGroup, machine, name, command);
      await poller.submitted();
      started.push(poller);
    };
    await attempt(`start ${name}`, () =>
      start().catch(async (error: unknown) => {
        if (!(await makeRoom(azure, run, machine, name))) throw error;
        await start();
      }),
    );
  }

  const begun = Date.now();
  let view: VirtualMachineRunCommandInstanceView = {};
  try {
    for (const operation of started) await untilStarted(operation, beat);
    await watch(
      async () => {
        const command = await get();
        if (command === undefined && (seen || Date.now() > begun + SHOWN_WITHIN_MS)) {
          throw failure('CustomizerFailed', `the run command ${name} is gone: somebody deleted it while it ran`);
        }
        seen ||= command !== undefined;
        if (command?.provisioningState === 'Failed' && command.instanceView?.executionState === undefined) {
          throw failure('CustomizerFailed', `Azure could not run ${name}`);
        }
        view = command?.instanceView ?? {};
        return hasEnded(view) || (await endsWith());
      },
      () => beat(view),
      machinePace(allowance),
    );
  } catch (error) {
    if (isCancelRequested()) await deleteCommand(azure, run, machine, name);
    throw error;
  }
  return view;
}

/**
 * With asyncExecution the operation ends when the script has begun, about 15 s later in Azure. Until then the machine need
 * not be asked, which may be asked less often. How the operation ended, the command itself says best.
 */
async function untilStarted(
  operation: Pollable,
  beat: (view: VirtualMachineRunCommandInstanceView) => object,
): Promise<void> {
  await watch(
    async () => {
      if (!operation.isDone) await operation.poll().catch(() => undefined);
      return operation.isDone;
    },
    () => beat({}),
  );
}

/** Azure was seen to answer `Running` for good with an end time and `Execution failed` in the message. */
function hasEnded(view: VirtualMachineRunCommandInstanceView): boolean {
  return ENDED.has(view.executionState ?? '') || saysFailed(view);
}

function saysFailed({ endTime, executionMessage }: VirtualMachineRunCommandInstanceView): boolean {
  return endTime !== undefined && /execution failed/i.test(executionMessage ?? '');
}

/** The script never ran, however well Azure says that its command went: only the message tells, the exit code is 0. */
export function neverRan(view: VirtualMachineRunCommandInstanceView): boolean {
  return view.exitCode === 0 && saysFailed(view);
}

/**
 * A machine holds no more than 25 run commands. Where it is full, those that have ended go, but for those of the step
 * that this one belongs to, which a retry would look for. Answers whether there is room now that was not there.
 */
async function makeRoom(azure: Azure, run: RunContext, machine: string, name: string): Promise<boolean> {
  const { virtualMachineRunCommands } = azure.clients(run.subscriptionId).compute;
  const held: string[] = [];
  for await (const command of virtualMachineRunCommands.listByVirtualMachine(run.staging.resourceGroup, machine)) {
    if (command.name !== undefined) held.push(command.name);
  }
  if (held.length < MAX_COMMANDS) return false;
  const step = /^\w+-\d+/.exec(name)?.[0] ?? name;
  const old = held.filter((other) => !other.startsWith(step)).slice(0, ROOM);
  for (const other of old) await deleteCommand(azure, run, machine, other);
  return old.length > 0;
}

/** Deleting a run command terminates its script, where it runs still. */
export async function deleteCommand(azure: Azure, run: RunContext, machine: string, name: string): Promise<void> {
  const { compute } = azure.clients(run.subscriptionId);
  await orNotFound(settled(compute.virtualMachineRunCommands.delete(run.staging.resourceGroup, machine, name)));
}
