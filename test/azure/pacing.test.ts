import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Budget, nextPause } from '../../src/azure/pacing.ts';
import type { Pace } from '../../src/azure/pacing.ts';

const pace = (budget?: Budget): Pace => ({
  firstMs: 250,
  growth: 0.15,
  slowestMs: 5000,
  ...(budget === undefined ? {} : { budget }),
});

/** Times, in ms, at which Azure is asked in a wait that goes on for so long. */
function looks(of: Pace, forMs: number, start = 0): number[] {
  const times: number[] = [];
  for (let now = start; ; now += nextPause(of, now - start, now)) {
    now += of.budget?.take(now) ?? 0;
    times.push(now);
    if (now >= start + forMs) return times;
  }
}

describe('the pauses between two looks', () => {
  it('add no more than a sixth to what is waited for, and none is over five seconds', () => {
    const times = looks(pace(), 600_000);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok(Math.max(...pauses) <= 5000);
    for (const [index, time] of times.slice(1).entries()) {
      assert.ok((pauses[index] ?? 0) <= Math.max(250, time * 0.15), `${pauses[index]} ms before ${time}`);
    }
  });

  it('keep an operation inside its 45 reads and 15 a minute', () => {
    const times = looks({ firstMs: 100, growth: 0.15, slowestMs: 5000 }, 30 * 60_000);
    for (const [index, time] of times.entries())
      assert.ok(index + 1 <= 45 + (time / 60_000) * 15, `read ${index} at ${time}`);
  });

  it('keep a machine inside its 36 reads and 12 a minute, however many short steps it has', () => {
    const budget = new Budget(30, 10, 0);
    const all: number[] = [];
    for (let step = 0; step < 60; step++) all.push(...looks(pace(budget), 2000, (all.at(-1) ?? 0) + 500));
    for (const [index, time] of all.entries()) {
      assert.ok(index + 1 <= 36 + (time / 60_000) * 12, `read ${index} at ${time}`);
    }
  });
});
