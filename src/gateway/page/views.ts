/** What the page is told, as JSON: types only, read by the server and by the browser's code. Times are ISO 8601. */
import type { BuildStatus, RunState, Stage } from '../../workflows/messages.ts';
import type { ProvisioningState, TemplateRun } from '../../workflows/template-messages.ts';

export interface Me {
  /** What the token says of a person, or the object id. */
  name: string;
  mayRun: boolean;
  mayCancel: boolean;
}

/** Of whoever is not signed in: by which ways they can. */
export interface Refusal {
  error: { code: string; message: string };
  signIn?: string;
}

export type RowState = RunState | 'Terminated';

/** From Temporal's list alone: no run is asked. */
export interface RunRow {
  runId: string;
  templateName: string;
  state: RowState;
  /** Of a run that is under way. */
  stage?: Stage;
  startTime: string;
  endTime?: string;
}

export interface RunPage {
  runs: RunRow[];
  /** Where the next page begins. */
  next?: string;
}

export interface RunCounts {
  running: number;
  succeeded: number;
  failed: number;
  canceled: number;
}

export interface RunOverview extends RunPage {
  /** Of all runs that the search finds, whatever their state. */
  counts: RunCounts;
}

export interface TemplateRow {
  id: string;
  name: string;
  resourceGroup: string;
  state: ProvisioningState;
  /** Why it cannot be run. */
  trouble?: string;
  lastRun?: Pick<TemplateRun, 'runId' | 'state' | 'startTime' | 'endTime' | 'message'>;
  /** The next start by a schedule. */
  next?: { time: string; schedule: string };
  /** Schedules that are paused, with their notes. */
  paused: Array<{ schedule: string; note: string }>;
  triggers: Array<{ name: string; healthy: boolean; message: string }>;
}

export interface TemplatePage {
  templates: TemplateRow[];
  next?: string;
}

/** Something that took time: an activity of the run, or of one of its distributions. */
export interface Activity {
  id: string;
  label: string;
  /** The distribution that it is a part of. */
  parent?: string;
  state: 'Running' | 'Succeeded' | 'Failed' | 'Canceled';
  startTime: string;
  endTime?: string;
  attempts: number;
  /** What the last attempt that failed said. */
  trouble?: string;
  /** 0 to 100, where it tells. */
  progress?: number;
}

export interface RunView {
  /** The server's clock, by which what is under way has taken so long. */
  now: string;
  running: boolean;
  status: BuildStatus;
  startTime: string;
  endTime?: string;
  activities: Activity[];
  /** Last line of the step that runs. */
  lastLine?: string;
  /** Of the template that lives and started it. */
  templateId?: string;
  /** In Temporal's Web UI. */
  temporal?: string;
  /** What goes in, as planned. */
  plan: { location: string; vmSize: string; resourceGroup: string; customizers: number };
}

/** More of a running step's log. `at` and `next` count bytes of the whole log. */
export interface LogPart {
  step: string;
  stream: LogStream;
  at: number;
  next: number;
  text: string;
}

export type LogStream = 'stdout' | 'stderr';

/** Events of `events/overview`: `runs`, `templates`; of `events/run/ID`: `run`, `log`; of both: `trouble`. */
export interface Trouble {
  /** Empty when it has passed. */
  message: string;
}
