/** Holds all that a local Azure of a test takes and answers to the published models. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { Exchange } from '../../src/local-azure/core.ts';
import { checkExchange } from './check-exchange.ts';
import { readModels } from './models.ts';

const models = readModels();

export interface Watch {
  observe(exchange: Exchange): void;
  /** Which bodies were held to a model, as `PUT Microsoft.Compute/disks request`. */
  readonly bodies: Set<string>;
  /** Throws with all that did not fit. */
  verdict(): void;
}

/** Sees nothing where this machine has no models. */
export function watchBodies(): Watch {
  const bodies = new Set<string>();
  const problems = new Set<string>();
  /** Address of an operation's result → the request that began it. */
  const begun = new Map<string, Exchange>();
  return {
    bodies,
    observe(exchange) {
      if (models === undefined) return;
      const { location } = exchange.headers;
      if (location !== undefined && exchange.method !== 'GET') begun.set(location, exchange);
      const checked = checkExchange(models, exchange, begun.get(exchange.url));
      for (const body of checked.bodies) bodies.add(body);
      for (const problem of checked.problems) problems.add(problem);
    },
    verdict: () => assert.deepEqual([...problems].toSorted(), [], 'what is not as the published models have it'),
  };
}

/** The same for what a local Azure in a process of its own wrote down (`--traffic FILE`). */
export function watchTraffic(file: string): Watch {
  const watch = watchBodies();
  for (const exchange of readTraffic(file)) watch.observe(exchange);
  return watch;
}

/** It may have been killed while it wrote. */
function readTraffic(file: string): Exchange[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Exchange];
    } catch {
      return [];
    }
  });
}
