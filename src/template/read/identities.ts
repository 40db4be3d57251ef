/** Who a build acts as: the template's own identity, and those that the command adds. */
import { atLeast } from '../api-versions/api-versions.ts';
import type { ApiVersion } from '../api-versions/api-versions.ts';
import type { PlanWarning } from '../build-plan.ts';
import { describeValue } from '../../arm-template/problems.ts';
import type { TemplateProblem } from '../../arm-template/problems.ts';
import { isJson } from '../../arm-template/expressions/values.ts';
import { UNFILLED } from '../../arm-template/unfilled.ts';

export function withIdentities(identity: unknown, added: string[]): unknown {
  if (added.length === 0) return identity;
  const named = isJson(identity) ? identity['userAssignedIdentities'] : undefined;
  const more = Object.fromEntries(added.map((id) => [id, {}]));
  return { type: 'UserAssigned', userAssignedIdentities: { ...(isJson(named) ? named : {}), ...more } };
}

const MISSING =
  'expected a user-assigned identity, as Azure Image Builder requires since 2020: add one, or give --identity ID';

export function checkIdentity(identity: unknown, apiVersion: ApiVersion, warnings: PlanWarning[]): TemplateProblem[] {
  const got = describeValue(identity);
  const problem = { path: 'identity', message: MISSING, ...(got === undefined ? {} : { value: got }) };
  if (identity === UNFILLED) return [];
  if (identity === undefined) return [problem];
  // Of the wrong kind: the schema tells it.
  if (!isJson(identity)) return [];
  const named = identity['userAssignedIdentities'];
  if (named === UNFILLED) return [];
  const count = isJson(named) ? Object.keys(named).length : 0;
  if (count === 0 || String(identity['type']).toLowerCase() === 'none') return [problem];
  if (!atLeast(apiVersion, '2019-05-01-preview')) {
    warnings.push({ path: 'identity', message: 'came with api-version 2019-05-01-preview, and is taken all the same' });
  }
  if (count > 1) {
    warnings.push({ path: 'identity', message: 'Azure Image Builder takes one identity; Kiln takes them all' });
  }
  return [];
}
