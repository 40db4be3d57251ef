import type { TimeProfile } from '../../src/local-azure/core.ts';

/** Azure's own pauses; once held, what is of a kind that matches ends only when it is told to. */
export function heldProfile(): { profile: TimeProfile; hold(kinds?: RegExp): void } {
  let held: RegExp | undefined;
  return {
    profile: {
      name: 'recorded',
      pace: Infinity,
      duration: (kind) => (held?.test(kind) === true ? 2 ** 31 - 1 : 0),
      retryAfter: (seconds) => seconds,
    },
    hold: (kinds = /^/) => {
      held = kinds;
    },
  };
}
