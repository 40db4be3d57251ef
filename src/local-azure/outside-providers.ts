/**
 * Resource providers that another server plays, as Resource Manager reaches each provider at an address of its own. What
 * they are stands in `<stateDir>/outside-providers.json`, by namespace; who starts such a server writes it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Principal } from './authority.ts';
import { ArmError, type JsonObject } from './core.ts';
import type { InsideAnswer, InsideCalls } from './inside-calls.ts';
import { textOf } from './json.ts';

export interface OutsideProvider {
  namespace: string;
  /** Without a trailing slash, under a certificate of this Azure's own authority. */
  endpoint: string;
  /** Types of what lies in a group, each with an api-version to ask for it by. */
  types: Record<string, string>;
}

/** Read anew each time: it is written once the local Azure serves. */
export function outsideProviders(stateDir: string): OutsideProvider[] {
  const file = join(stateDir, 'outside-providers.json');
  if (!existsSync(file)) return [];
  const written = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Omit<OutsideProvider, 'namespace'>>;
  return Object.entries(written).map(([namespace, provider]) => ({ namespace, ...provider }));
}

export const outsideProviderOf = (stateDir: string, path: string): OutsideProvider | undefined => {
  const namespace = /^.*\/providers\/([^/?]+)/i.exec(path)?.[1]?.toLowerCase();
  return outsideProviders(stateDir).find((one) => one.namespace.toLowerCase() === namespace);
};

const POLL_MS = 100;
/** A template that is deleted ends its build first, and removes what that made. */
const LONGEST_MS = 2 * 60 * 60_000;

/**
 * Until what an answer says has begun has ended.
 * @param between called before each look; may throw
 * @throws ArmError with what failed
 */
export async function followOutside(
  calls: InsideCalls,
  caller: Principal,
  { headers }: InsideAnswer,
  between: () => void = () => undefined,
): Promise<void> {
  const address = headers.get('azure-asyncoperation');
  if (address === null) return;
  const { pathname, search } = new URL(address);
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    between();
    const { body, status } = await calls.send('GET', `${pathname}${search}`, caller);
    const { status: state, error } = (body ?? {}) as { status?: string; error?: JsonObject };
    // The other server may be starting again.
    const away = status >= 500 && Date.now() < deadline;
    if ((status >= 400 && !away) || state === 'Failed' || state === 'Canceled') {
      const code = textOf(error?.['code']) || state || 'OperationFailed';
      throw new ArmError(409, code, textOf(error?.['message']) || `The operation ended as ${state ?? status}.`);
    }
    if (state !== 'InProgress' && !away) return;
    if (Date.now() > deadline)
      throw new ArmError(409, 'OperationTimedOut', 'The operation had not ended after two hours.');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** On all pages. A server that is away keeps what it has: the group is not held for it. */
async function idsAt(calls: InsideCalls, caller: Principal, path: string): Promise<string[]> {
  const ids: string[] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const found: InsideAnswer = await calls.send('GET', next, caller);
    const { value = [], nextLink } = (found.status === 200 ? found.body : {}) as {
      value?: Array<{ id: string }>;
      nextLink?: string;
    };
    ids.push(...value.map(({ id }) => id));
    const link = nextLink === undefined ? undefined : new URL(nextLink);
    next = link === undefined ? undefined : `${link.pathname}${link.search}`;
  }
  return ids;
}

/** What other servers have in a group goes before the group does. @throws ArmError 409 where something stays */
export async function emptyOutside(
  stateDir: string,
  calls: InsideCalls,
  caller: Principal,
  groupId: string,
): Promise<void> {
  const blocked: string[] = [];
  for (const { namespace, types } of outsideProviders(stateDir)) {
    for (const [type, apiVersion] of Object.entries(types)) {
      const query = `?api-version=${apiVersion}`;
      for (const id of await idsAt(calls, caller, `${groupId}/providers/${namespace}/${type}${query}`)) {
        try {
          const answer = await calls.send('DELETE', `${id}${query}`, caller);
          if (answer.status >= 400 && answer.status !== 404) throw new ArmError(409, 'Conflict', '');
          await followOutside(calls, caller, answer);
        } catch (error) {
          if (!(error instanceof ArmError)) throw error;
          blocked.push(id);
        }
      }
    }
  }
  if (blocked.length === 0) return;
  throw new ArmError(
    409,
    'ResourceGroupDeletionBlocked',
    `Deletion of resource group '${groupId.split('/').at(-1)}' failed as resources with identifiers '${blocked.join(', ')}' could not be deleted. The provisioning state of the resource group will be rolled back.`,
  );
}
