/** What the page asks of its server, and what it does where the server says no. */
import type { Me, Refusal } from '../views.ts';
import { byId, h, onAction, show } from './dom.ts';

export class ServerRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function ask<T>(path: string, request: { method?: string; body?: object } = {}): Promise<T> {
  const { method = 'GET', body } = request;
  const response = await fetch(`/kiln/api/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!response.ok) throw await refusalOf(response, path);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** Whoever is not signed in is shown how to. */
async function refusalOf(response: Response, path: string): Promise<ServerRefusal> {
  const { error, signIn } = (await response.json().catch(() => ({}))) as Partial<Refusal>;
  if (response.status === 401) showSignIn(signIn, path === 'session' ? error?.message : undefined);
  return new ServerRefusal(response.status, error?.message ?? `The server answered ${response.status}.`);
}

/** Comes in by the link's key, where there is one, and says who is here. Never returns for who may not see anything. */
export async function enter(): Promise<Me> {
  const key = /^#key=([\w-]+)$/.exec(location.hash)?.[1];
  // Out of the address at once: it is worth something until it is used.
  if (key !== undefined) history.replaceState(history.state, '', location.pathname + location.search);
  try {
    if (key !== undefined) await ask('session', { method: 'POST', body: { key } }).catch(ifStillSignedIn);
    const me = await ask<Me>('me');
    show(
      byId('who'),
      h('span', { class: 'name', title: me.name }, me.name),
      h('button', { type: 'button', class: 'quiet', 'data-do': 'sign-out' }, 'Sign out'),
    );
    return me;
  } catch (error) {
    if (!(error instanceof ServerRefusal)) trouble('The server does not answer. It is tried again.');
    else if (error.status !== 401) trouble(error.message);
    if (!(error instanceof ServerRefusal)) setTimeout(() => location.reload(), 3000);
    return new Promise(() => {});
  }
}

/** A link that was used before is no harm to who is here already. */
async function ifStillSignedIn(error: unknown): Promise<void> {
  if ((await fetch('/kiln/api/me')).ok) {
    byId('main').hidden = false;
    byId('sign-in').hidden = true;
  } else throw error;
}

onAction('sign-out', () => void ask('session', { method: 'DELETE' }).then(() => location.assign('/kiln/')));

function showSignIn(way: string | undefined, why: string | undefined): void {
  byId('main').hidden = true;
  const to = encodeURIComponent(location.pathname + location.search);
  const box = byId('sign-in');
  box.hidden = false;
  show(
    box,
    h('h1', {}, 'Sign in to Kiln'),
    why !== undefined && h('p', {}, why),
    way === undefined
      ? h('p', {}, 'On the machine that it runs on, ', h('code', {}, 'kiln page'), ' prints a link that lets you in.')
      : h('p', {}, h('a', { class: 'button strong', href: `${way}?to=${to}` }, 'Sign in with Microsoft Entra ID')),
  );
}

/** Above everything else, until it has passed. */
export function trouble(message: string): void {
  const bar = byId('trouble');
  bar.hidden = message === '';
  if (bar.textContent !== message) bar.textContent = message;
}

/** Events as they come. While nobody looks at the page the connection is closed: a browser has few of them. */
export function listen(path: () => string, events: Record<string, (data: never) => void>): { again: () => void } {
  let source: EventSource | undefined;
  const close = (): void => {
    source?.close();
    source = undefined;
  };
  const open = (): void => {
    close();
    if (document.hidden) return;
    const opened = new EventSource(`/kiln/api/events/${path()}`);
    source = opened;
    for (const [name, act] of Object.entries(events)) {
      opened.addEventListener(name, (event: MessageEvent<string>) => {
        trouble('');
        act(JSON.parse(event.data) as never);
      });
    }
    opened.addEventListener('trouble', (event: MessageEvent<string>) =>
      trouble((JSON.parse(event.data) as { message: string }).message),
    );
    // Everything has been said.
    opened.addEventListener('end', close);
    opened.addEventListener('error', () => {
      if (opened !== source) return;
      trouble('The connection was lost. It is tried again.');
      if (opened.readyState !== EventSource.CLOSED) return;
      // Refused, and not cut off: the answer to a question says why.
      close();
      void refusalAt(`events/${path()}`).then((refusal) => {
        if (refusal === undefined || refusal.status >= 500) setTimeout(open, 2000);
        else if (refusal.status !== 401) trouble(refusal.message);
      });
    });
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  open();
  return { again: open };
}

/** Browsers do not say why events are refused. */
async function refusalAt(path: string): Promise<ServerRefusal | undefined> {
  const controller = new AbortController();
  try {
    const response = await fetch(`/kiln/api/${path}`, { signal: controller.signal });
    return response.ok ? undefined : await refusalOf(response, path);
  } catch {
    return undefined;
  } finally {
    controller.abort();
  }
}

/** The same press of a button is one wish, however often its request is sent. */
export const newRequestId = (): string => crypto.randomUUID();
