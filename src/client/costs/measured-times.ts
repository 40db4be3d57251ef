/** For how long what costs was there: from a run's own stages, or assumed where there is no run. Pure. */
import type { BuildPlan } from '../../template/build-plan.ts';
import type { BuildStatus, Stage } from '../../workflows/messages.ts';
import { LOCAL_SUBSCRIPTION_ID } from '../local-names.ts';
import type { Times } from './estimate.ts';

const HOUR_MS = 3_600_000;
const ASSUMED_MINUTES = { machine: 30, validation: 10, beside: 10 };

/** @param now for a run that goes on */
export function timesOf(plan: BuildPlan, status: BuildStatus, from: string, now: number): Times {
  const begun = (stage: Stage): number | undefined => {
    const found = status.stages.find((one) => one.stage === stage);
    return found === undefined ? undefined : Date.parse(found.startTime);
  };
  const last = status.stages.at(-1);
  const end = last?.endTime === undefined ? now : Date.parse(last.endTime);
  const captured = status.stages.find(({ stage }) => stage === 'Capturing')?.endTime;
  const since = (start: number | undefined, until: number): number =>
    start === undefined ? 0 : Math.max(0, until - start) / HOUR_MS;
  const validates = plan.validate !== undefined && !plan.validate.sourceValidationOnly;
  return {
    // Its capture ends in its deallocation; without one it is there until it is removed.
    machine: since(begun('CreatingMachine'), captured === undefined ? end : Date.parse(captured)),
    validation: validates ? since(begun('Validating'), end) : 0,
    all: since(begun('Provisioning'), end),
    from: isLocal(plan) ? `${from} on the local Azure, whose times are not Azure's` : from,
  };
}

export function assumedTimes({ validate }: BuildPlan): Times {
  const { machine, validation, beside } = ASSUMED_MINUTES;
  const validating = validate === undefined || validate.sourceValidationOnly ? 0 : validation;
  return {
    machine: machine / 60,
    validation: validating / 60,
    all: (machine + validating + beside) / 60,
    from: 'assumed, as no run of the template has succeeded yet',
  };
}

const isLocal = ({ template }: BuildPlan): boolean => template.subscriptionId === LOCAL_SUBSCRIPTION_ID;
