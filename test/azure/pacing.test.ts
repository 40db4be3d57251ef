import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Allowance, machinePace, nextPause, OPERATION_PACE } from '../../src/azure/pacing.ts';
import type { Pace } from '../../src/azure/pacing.ts';

/** Times, in ms, at which Azure is asked in a wait that goes on for so long. */
function looks(pace: Pace, forMs: number, asked: (at: number) => void = () => undefined, start = 0): number[] {
  const times: number[] = [];
  for (let now = start; ; now += nextPause(pace, now - start)) {
    asked(now);
    times.push(now);
    if (now >= start + forMs) return times;
  }
}

/** Azure's bucket for one machine, which says in each answer what is left. */
function azureBucket(allowance: Allowance): { asked(at: number): void; refused(): number } {
  let tokens = 36;
  let last = 0;
  let refused = 0;
  return {
    asked(at) {
      tokens = Math.min(36, tokens + ((at - last) / 60_000) * 12);
      last = at;
      if (tokens < 1) refused++;
      else tokens--;
      const header = `Microsoft.Compute/LowCostGetResource;${Math.floor(tokens)},Microsoft.Compute/LowCostGetSubscriptionMaximum;23999`;
      allowance.options.onResponse({ headers: { get: (name) => (name.endsWith('resource') ? header : undefined) } });
    },
    refused: () => refused,
  };
}

describe('the pauses between two looks', () => {
  it('add no more than a sixth to what is waited for, and none is over five seconds', () => {
    const times = looks(machinePace(new Allowance()), 600_000);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok(Math.max(...pauses) <= 5000);
    for (const [index, time] of times.slice(1).entries()) {
      assert.ok((pauses[index] ?? 0) <= Math.max(250, time * 0.15), `${pauses[index]} ms before ${time}`);
    }
  });

  it('keep an operation inside its 45 reads and 15 a minute', () => {
    const times = looks(OPERATION_PACE, 30 * 60_000);
    for (const [index, time] of times.entries()) {
      assert.ok(index + 1 <= 45 + (time / 60_000) * 15, `read ${index} at ${time}`);
    }
  });

  it('are stretched by what Azure says is left of a machine’s reads', () => {
    const allowance = new Allowance();
    const bucket = azureBucket(allowance);
    looks(machinePace(allowance), 3_600_000, bucket.asked);
    assert.equal(bucket.refused(), 0);
  });

  it('keep a build of many steps that take 20 s each from being refused', () => {
    const allowance = new Allowance();
    const bucket = azureBucket(allowance);
    let at = 0;
    // Azure takes 15 s to begin a step, during which its operation is asked and not the machine.
    for (let step = 0; step < 24; step++)
      at = (looks(machinePace(allowance), 5000, bucket.asked, at).at(-1) ?? 0) + 15_000;
    assert.equal(bucket.refused(), 0);
  });

  it('are as wanted where Azure says nothing of it', () => {
    const allowance = new Allowance();
    allowance.options.onResponse({ headers: { get: () => undefined } });
    assert.equal(nextPause(machinePace(allowance), 10_000), 1500);
  });
});
