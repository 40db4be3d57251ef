/**
 * Calls that the local Azure makes to itself on behalf of a caller, as Resource Manager calls resource providers: through
 * the whole pipeline, so that whoever may not make a resource may not deploy it either.
 */
import type { Authority, Principal } from './authority.ts';
import type { Json } from './core.ts';
import { type OutsideProvider, outsideProviderOf } from './outside-providers.ts';

export interface InsideAnswer {
  status: number;
  headers: Headers;
  body: Json | undefined;
}

export interface InsideCalls {
  /** `path` with its query. */
  send(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, caller: Principal, body?: Json): Promise<InsideAnswer>;
}

/** Calls may be made once `fetch` is given. */
export interface LateInsideCalls extends InsideCalls {
  reach(fetch: (request: Request) => Response | Promise<Response>): void;
}

const ORIGIN = 'https://127.0.0.1';
const OUTSIDE_ANSWERS_WITHIN_MS = 30_000;

/** @param stateDir says which providers another server plays; see outside-providers.ts */
export function createInsideCalls(authority: Authority, stateDir: string): LateInsideCalls {
  let inside: ((request: Request) => Response | Promise<Response>) | undefined;
  return {
    reach(given) {
      inside = given;
    },
    async send(method, path, caller, body) {
      if (inside === undefined) throw new Error('the pipeline is not up yet');
      const outside = outsideProviderOf(stateDir, path);
      const client = { clientId: caller.appId, objectId: caller.objectId };
      const token = await authority.issue(client, 'https://management.azure.com');
      const request = new Request(`${outside?.endpoint ?? ORIGIN}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(outside === undefined ? {} : { signal: AbortSignal.timeout(OUTSIDE_ANSWERS_WITHIN_MS) }),
      });
      const answer = outside === undefined ? await inside(request) : await ask(outside, request);
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        body: text === '' ? undefined : (JSON.parse(text) as Json),
      };
    },
  };
}

/** Whose server is away is told so. */
async function ask({ namespace, endpoint }: OutsideProvider, request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const message = `${namespace} does not answer at ${endpoint}: ${String(cause)}`;
    return Response.json({ error: { code: 'ResourceProviderUnavailable', message } }, { status: 502 });
  }
}
