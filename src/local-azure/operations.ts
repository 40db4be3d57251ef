/**
 * Long-running operations: kept in the store, run when their time has passed, run again after a restart.
 * Operations in progress are also held in memory, so that looking for conflicts costs nothing.
 */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import {
  ArmError,
  type Json,
  type Logger,
  type Operation,
  type OperationRunner,
  type Operations,
  type TimeProfile,
} from './core.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS operations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    body TEXT NOT NULL
  );
`;

/** An operation with the status code that its failure is answered with at a Location url. */
export interface KeptOperation extends Operation {
  failureStatus?: number;
}

export interface OperationEngine extends Operations {
  get(id: string): KeptOperation | undefined;
  /** Takes up what a former process left; call once every runner is registered. */
  resume(): void;
  /** Resolves once no runner works on the resource, a cancelled one's included: what it writes, it has written. */
  settled(resourceId: string): Promise<void>;
  /** Counts a poll of an operation in progress: 1 for the first. */
  countPoll(id: string): number;
  /** All that have ended, oldest first. */
  finished(): Operation[];
  /** Starts nothing more and gives running ones a moment to end; what has not ended is run again by the next process. */
  close(graceMs: number): Promise<void>;
}

export function createOperations(options: {
  database: DatabaseSync;
  profile: TimeProfile;
  now: () => Date;
  log: Logger;
}): OperationEngine {
  const { database, profile, now, log } = options;
  database.exec(SCHEMA);
  const insert = database.prepare('INSERT INTO operations (id, status, body) VALUES (?, ?, ?)');
  const update = database.prepare('UPDATE operations SET status = ?, body = ? WHERE id = ?');
  const select = database.prepare('SELECT body FROM operations WHERE id = ?');
  const selectInProgress = database.prepare(`SELECT body FROM operations WHERE status = 'InProgress' ORDER BY seq`);
  const selectFinished = database.prepare(`SELECT body FROM operations WHERE status <> 'InProgress' ORDER BY seq`);

  const runners = new Map<string, OperationRunner>();
  const inProgress = new Map<string, KeptOperation>();
  const timers = new Map<string, NodeJS.Timeout>();
  const running = new Map<string, { resourceId: string; work: Promise<void> }>();
  /** How often operations in progress were asked about. */
  const polls = new Map<string, number>();
  let closed = false;

  for (const row of selectInProgress.all()) {
    const operation = parse(row['body']);
    inProgress.set(operation.id, operation);
  }

  function finish(operation: KeptOperation, outcome: Partial<KeptOperation> & Pick<Operation, 'status'>) {
    // Cancelled meanwhile, or the server is closing and the next process runs it again.
    if (closed || !inProgress.has(operation.id)) {
      return;
    }
    const ended = { ...operation, ...outcome, endTime: now().toISOString() };
    update.run(ended.status, JSON.stringify(ended), ended.id);
    inProgress.delete(operation.id);
    polls.delete(operation.id);
  }

  async function run(operation: KeptOperation): Promise<void> {
    try {
      const runner = runners.get(operation.kind);
      if (runner === undefined) {
        throw new Error(`no runner is registered for operations of kind ${operation.kind}`);
      }
      const output: Json | void = await runner(structuredClone(operation));
      finish(operation, { status: 'Succeeded', ...(output === undefined ? {} : { output }) });
    } catch (error) {
      if (error instanceof ArmError) {
        const { code, message, target } = error;
        finish(operation, {
          status: 'Failed',
          failureStatus: error.status,
          error: { code, message, ...(target === undefined ? {} : { target }) },
        });
        return;
      }
      if (!closed) {
        log.error('an operation broke', { kind: operation.kind, resourceId: operation.resourceId, err: error });
      }
      finish(operation, {
        status: 'Failed',
        failureStatus: 500,
        error: { code: 'InternalServerError', message: `An internal error occurred: ${String(error)}` },
      });
    }
  }

  function schedule(operation: KeptOperation) {
    const elapsed = now().getTime() - Date.parse(operation.startTime);
    const wait = Math.max(0, profile.duration(operation.kind) - elapsed);
    timers.set(
      operation.id,
      setTimeout(() => start(operation), wait),
    );
  }

  function start(operation: KeptOperation) {
    timers.delete(operation.id);
    const work = run(operation).finally(() => running.delete(operation.id));
    running.set(operation.id, { resourceId: operation.resourceId.toLowerCase(), work });
  }

  return {
    register(kind, runner) {
      runners.set(kind, runner);
    },
    begin(spec) {
      const operation: KeptOperation = {
        id: randomUUID(),
        ...spec,
        status: 'InProgress',
        startTime: now().toISOString(),
      };
      insert.run(operation.id, operation.status, JSON.stringify(operation));
      inProgress.set(operation.id, operation);
      if (!closed) {
        schedule(operation);
      }
      return operation;
    },
    get(id) {
      const row = select.get(id.toLowerCase());
      return row === undefined ? undefined : parse(row['body']);
    },
    pending(resourceId) {
      const key = resourceId.toLowerCase();
      return [...inProgress.values()].filter((operation) => operation.resourceId.toLowerCase() === key);
    },
    cancel(id) {
      const operation = inProgress.get(id.toLowerCase());
      if (operation !== undefined) {
        clearTimeout(timers.get(operation.id));
        timers.delete(operation.id);
        finish(operation, { status: 'Canceled' });
      }
    },
    async expedite(id) {
      const operation = inProgress.get(id.toLowerCase());
      if (operation !== undefined && timers.has(operation.id)) {
        clearTimeout(timers.get(operation.id));
        start(operation);
      }
      await running.get(id.toLowerCase())?.work;
    },
    resume() {
      for (const operation of inProgress.values()) {
        schedule(operation);
      }
    },
    async settled(resourceId) {
      const key = resourceId.toLowerCase();
      await Promise.all([...running.values()].filter((one) => one.resourceId === key).map(({ work }) => work));
    },
    countPoll(id) {
      const poll = (polls.get(id) ?? 0) + 1;
      if (inProgress.has(id)) polls.set(id, poll);
      return poll;
    },
    finished() {
      return selectFinished.all().map((row) => parse(row['body']));
    },
    async close(graceMs) {
      for (const timer of timers.values()) {
        clearTimeout(timer);
      }
      timers.clear();
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([Promise.allSettled([...running.values()].map(({ work }) => work)), grace]);
      clearTimeout(timer);
      closed = true;
    },
  };
}

function parse(body: unknown): KeptOperation {
  return JSON.parse(String(body)) as KeptOperation;
}
