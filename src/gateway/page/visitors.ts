/** Who looks at the page: by the session's cookie, or by a token as anywhere at the gateway. */
import type { Context } from 'hono';
import { ArmError } from '../arm-error.ts';
import type { Caller } from '../authenticate.ts';
import { authorize } from '../authorize.ts';
import type { Roles } from '../authorize.ts';
import { isSecure } from './sessions.ts';
import type { Session, Sessions, Visitor } from './sessions.ts';

const TEMPLATES = 'Microsoft.VirtualMachineImages/imageTemplates';
export const READ = `${TEMPLATES}/read`;
export const RUN = `${TEMPLATES}/run/action`;
export const CANCEL = `${TEMPLATES}/cancel/action`;

export interface VisitorParts {
  authenticate: (header: string | undefined) => Promise<Caller>;
  roles: Roles;
  sessions: Sessions;
}

const hostOf = (c: Context): string => c.req.header('host') ?? new URL(c.req.url).host;
export const originOf = (c: Context): string => `${isSecure(c) ? 'https' : 'http'}://${hostOf(c)}`;

/** Whose token it is; the page's own sessions are none. @throws ArmError 401, 403 */
export async function bearerOf(parts: VisitorParts, c: Context): Promise<Visitor> {
  const caller = await parts.authenticate(c.req.header('authorization'));
  return visitorOf(parts.roles, caller);
}

/** @throws ArmError 403 where the caller may not even read */
export function visitorOf(roles: Roles, caller: Caller): Visitor {
  authorize(roles, caller, READ, '/kiln');
  const { objectId, name = objectId } = caller;
  return {
    objectId,
    name,
    names: caller.names.filter((one) => [...roles.readers, ...roles.contributors].includes(one)),
  };
}

/** Asked of every request for data. @throws ArmError 401, 403 */
export async function allow(parts: VisitorParts, c: Context, action: string): Promise<Session> {
  const bearer = c.req.header('authorization') !== undefined;
  if (!bearer && c.req.method !== 'GET') requireOwnPage(c);
  const session = bearer ? { ...(await bearerOf(parts, c)), expires: Infinity } : await parts.sessions.open(c);
  if (session === undefined) throw new ArmError(401, 'AuthenticationFailed', 'Nobody is signed in.');
  authorize(parts.roles, session, action, '/kiln');
  return session;
}

/** A browser sends cookies whoever made it ask; only the page itself is from here. @throws ArmError 403 */
export function requireOwnPage(c: Context): void {
  const origin = c.req.header('origin');
  if (origin === originOf(c) && (c.req.header('sec-fetch-site') ?? 'same-origin') === 'same-origin') return;
  throw new ArmError(
    403,
    'ForeignOrigin',
    `Expected a request of the page at ${originOf(c)}, got one of ${origin ?? 'nobody'}.`,
  );
}
