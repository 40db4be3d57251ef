/** Lists by the page, where a client asks for so many: `$top`, and the token of the next page in its address. */
import { ArmError, type ArmRequest, type Json } from '../../core.ts';

/** The answer's body: the page that was asked for, with the address of the next one where there is more. */
export function pageOf(request: Pick<ArmRequest, 'query' | 'origin'>, path: string, all: Json[]): Json {
  const { query, origin } = request;
  const top = query.get('$top');
  if (top === null) return { value: all };
  const size = Number(top);
  if (!Number.isInteger(size) || size < 1) {
    throw new ArmError(400, 'InvalidTopQueryString', `The value '${top}' of $top is not valid: expected 1 or more.`);
  }
  const start = startOf(query.get('$skiptoken'));
  const value = all.slice(start, start + size);
  if (start + size >= all.length) return { value };
  const next = new URLSearchParams(query);
  next.set('$skiptoken', Buffer.from(JSON.stringify({ start: start + size })).toString('base64url'));
  return { value, nextLink: `${origin}${path}?${next.toString()}` };
}

function startOf(token: string | null): number {
  if (token === null) return 0;
  try {
    const { start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { start?: unknown };
    if (typeof start === 'number') return start;
  } catch {
    // Refused below.
  }
  throw new ArmError(400, 'InvalidSkipToken', `The provided skip token '${token}' is not valid.`);
}
