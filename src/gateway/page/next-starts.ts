/** Which schedule starts a template next. Schedules change seldom, so all of them are looked at now and then. */
import type { Client, ScheduleDescription } from '@temporalio/client';
import { WORKFLOWS } from '../../workflows/messages.ts';
import type { PatchRequest } from '../../workflows/patch-messages.ts';
import type { TemplateView } from '../../workflows/template-messages.ts';
import { sameId } from '../../template/resource-id.ts';
import type { TemplateRow } from './views.ts';

const GOOD_FOR_MS = 10_000;
const PREFIX = 'kiln-schedule/';
const AT_ONCE = 10;

type Starts = Pick<TemplateRow, 'next' | 'paused'>;

interface Planned {
  schedule: string;
  request: PatchRequest;
  paused: boolean;
  note: string;
  next?: Date;
}

export class NextStarts {
  readonly #client: Client;
  #known: Planned[] = [];
  #until = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  async all(): Promise<(view: TemplateView) => Starts> {
    if (this.#until < Date.now()) {
      this.#known = await this.#look();
      this.#until = Date.now() + GOOD_FOR_MS;
    }
    return (view) => startsOf(view, this.#known);
  }

  async #look(): Promise<Planned[]> {
    const ids: string[] = [];
    for await (const { scheduleId } of this.#client.schedule.list()) {
      if (scheduleId.startsWith(PREFIX)) ids.push(scheduleId);
    }
    const found: Planned[] = [];
    for (let first = 0; first < ids.length; first += AT_ONCE) {
      const some = ids.slice(first, first + AT_ONCE).map((id) =>
        this.#client.schedule
          .getHandle(id)
          .describe()
          .then((one) => plannedOf(id, one))
          // Deleted meanwhile.
          .catch(() => undefined),
      );
      found.push(...(await Promise.all(some)).filter((one) => one !== undefined));
    }
    return found;
  }
}

function plannedOf(id: string, { action, state, info }: ScheduleDescription): Planned | undefined {
  if (action.type !== 'startWorkflow' || action.workflowType !== WORKFLOWS.patchImages) return undefined;
  const [request] = (action.args ?? []) as PatchRequest[];
  const [next] = info.nextActionTimes;
  if (request === undefined) return undefined;
  const { paused, note = '' } = state;
  return { schedule: id.slice(PREFIX.length), request, paused, note, ...(next === undefined ? {} : { next }) };
}

function startsOf(view: TemplateView, all: Planned[]): Starts {
  const own = all.filter(({ request }) => selects(request, view));
  const paused = own.filter((one) => one.paused).map(({ schedule, note }) => ({ schedule, note }));
  const [soonest] = own
    .filter((one): one is Planned & { next: Date } => !one.paused && one.next !== undefined)
    .toSorted((left, right) => left.next.getTime() - right.next.getTime());
  if (soonest === undefined) return { paused };
  return { paused, next: { time: soonest.next.toISOString(), schedule: soonest.schedule } };
}

/** What a patching names or finds by its tag; those that it adds because they build on one are not foretold. */
function selects({ templates, within, tag }: PatchRequest, { id, plan }: TemplateView): boolean {
  if (templates !== undefined) return templates.some((one) => sameId(one, id));
  if (!id.toLowerCase().startsWith(`${within.toLowerCase()}/`)) return false;
  if (tag === undefined) return true;
  const value = plan.template.tags[tag.name];
  return tag.value === undefined ? value !== undefined : value === tag.value;
}
