/**
 * Calls that the local Azure makes to itself on behalf of a caller, as Resource Manager calls resource providers: through
 * the whole pipeline, so that whoever may not make a resource may not deploy it either.
 */
import type { Authority, Principal } from './authority.ts';
import type { Json } from './core.ts';

export interface InsideAnswer {
  status: number;
  headers: Headers;
  body: Json | undefined;
}

export interface InsideCalls {
  /** `path` with its query. */
  send(method: 'GET' | 'PUT' | 'POST', path: string, caller: Principal, body?: Json): Promise<InsideAnswer>;
}

/** Calls may be made once `fetch` is given. */
export interface LateInsideCalls extends InsideCalls {
  reach(fetch: (request: Request) => Response | Promise<Response>): void;
}

const ORIGIN = 'https://127.0.0.1';

export function createInsideCalls(authority: Authority): LateInsideCalls {
  let fetch: ((request: Request) => Response | Promise<Response>) | undefined;
  return {
    reach(given) {
      fetch = given;
    },
    async send(method, path, caller, body) {
      if (fetch === undefined) throw new Error('the pipeline is not up yet');
      const client = { clientId: caller.appId, objectId: caller.objectId };
      const token = await authority.issue(client, 'https://management.azure.com');
      const request = new Request(`${ORIGIN}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = await fetch(request);
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        body: text === '' ? undefined : (JSON.parse(text) as Json),
      };
    },
  };
}
