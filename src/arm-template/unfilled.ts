/** Stands where a value could not be had. The reason is among the problems already, so nothing more is said of it. */
export const UNFILLED: unique symbol = Symbol('unfilled');

/** Whether the value at `path`, or one around it, is missing for a reason that was told. */
export function isUnfilledAt(value: unknown, path: ReadonlyArray<PropertyKey>): boolean {
  let current = value;
  for (const part of path) {
    if (current === UNFILLED) return true;
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return false;
    current = (current as Record<PropertyKey, unknown>)[part];
  }
  return current === UNFILLED;
}
