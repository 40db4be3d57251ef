/** Resource Manager's `copy`: how often, and under which name the index is known. */
import { ExpressionError } from './expressions/expression-error.ts';
import { isJson } from './expressions/values.ts';

import { UNFILLED } from './unfilled.ts';

/** As Resource Manager has it. */
const MAX_COPIES = 800;

export interface Copies {
  name: string;
  count: number | typeof UNFILLED;
  input: unknown;
}

/** @throws ExpressionError for what is no loop */
export function copiesOf(loop: unknown, fill: (part: unknown, key: string) => unknown): Copies {
  if (!isJson(loop)) throw new ExpressionError('expected a loop with name and count');
  const name = fill(loop['name'], 'name');
  if (typeof name !== 'string' || name === '') throw new ExpressionError('expected the name of the loop');
  const count = fill(loop['count'], 'count');
  if (count === UNFILLED) return { name, count, input: loop['input'] };
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > MAX_COPIES) {
    throw new ExpressionError(
      `expected count to be a whole number from 0 to ${MAX_COPIES}, got ${JSON.stringify(count) ?? 'nothing'}`,
    );
  }
  return { name, count, input: loop['input'] };
}
