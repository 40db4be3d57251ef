/**
 * Traffic that somebody wrote down by hand: addresses are cut short (`operations/13e92c90-...`, `.../imageTemplates/one`),
 * a value that stands in the request already is `...`, and of some answers only a part is given. What a transcript leaves
 * out is not compared; what it has is.
 */
import type { Exchange, Json } from './recordings.ts';

interface Entry {
  request: { method: string; path: string; 'api-version'?: string; body?: Json };
  response: {
    status: number;
    headers?: Record<string, unknown>;
    body?: Json;
    /** Of the resource's properties, as `key` or `list[0].key`. */
    body_excerpt?: { [key: string]: Json };
  };
}

export interface Transcript {
  entries: Entry[];
}

const HOST = 'https://management.azure.com';
/** Headers that were not of interest, and what the address says already. */
const LEFT_OUT = /^(header \S+|\.id|\.name) not expected$/;
const ALL_BUT = /^\S.* not expected$/;
const NO_GUID = '00000000-0000-0000-0000-000000000000';

export function readTranscript({ entries }: Transcript): Exchange[] {
  const whole = new Addresses(JSON.stringify(entries));
  let apiVersion = '';
  let resource = '';
  return entries.map(({ request, response }) => {
    apiVersion = request['api-version'] ?? apiVersion;
    const url = whole.of(request.path, resource, apiVersion);
    const ofResource = /^(\/|\.\.\.)/.test(request.path) && !request.path.includes('/operations/');
    if (ofResource) resource = new URL(url).pathname;
    const named = <T>(value: T): T => JSON.parse(whole.named(JSON.stringify(value))) as T;
    const requestBody = request.body === undefined ? undefined : named(request.body);
    const { body, body_excerpt: excerpt } = named(response);
    const headers = Object.entries(response.headers ?? {}).flatMap(([name, written]) => {
      const value = asOther(written, response.headers ?? {});
      if (typeof value !== 'string') return [];
      return [[name.toLowerCase(), isAddress(value) ? whole.of(value, resource, apiVersion) : value] as const];
    });
    return {
      method: request.method,
      url,
      requestBody: requestBody ?? undefined,
      status: response.status,
      headers: Object.fromEntries(headers),
      body: excerpt === undefined ? (withLeftOut(body, requestBody) ?? undefined) : { properties: unfolded(excerpt) },
      leftOut: excerpt === undefined ? LEFT_OUT : ALL_BUT,
    };
  });
}

/** `(same URL as Location)`. */
function asOther(written: unknown, headers: Record<string, unknown>): unknown {
  const other = typeof written === 'string' ? /^\(same URL as ([\w-]+)\)$/.exec(written)?.[1] : undefined;
  return other === undefined ? written : headers[other];
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The body with what the request has in place of each `...`. */
function withLeftOut(body: Json | undefined, request: Json | undefined): Json | undefined {
  if (body === '...') return request;
  if (Array.isArray(body)) {
    return body.map((item, index) => withLeftOut(item, Array.isArray(request) ? request[index] : undefined) ?? null);
  }
  if (!isObject(body)) return body;
  const asked = isObject(request) ? request : {};
  const [onlyKey = '...'] = Object.keys(asked);
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => {
      const name = key === '...' ? onlyKey : key;
      return [name, withLeftOut(value, asked[name]) ?? null];
    }),
  );
}

/** `list[0].key` as a list of one. */
function unfolded(excerpt: { [key: string]: Json }): { [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(excerpt).map(([key, value]) => {
      const [, list, field] = /^(\w+)\[0\]\.(\w+)$/.exec(key) ?? [];
      return list === undefined || field === undefined ? [key, value] : [list, [{ [field]: value }]];
    }),
  );
}

const isAddress = (value: string): boolean => /^\(?(https:\/|operations\/)/.test(value);

class Addresses {
  readonly #subscription: string;
  /** What comes before the id of an operation. */
  readonly #operations: string;
  readonly #ids: string[];

  constructor(text: string) {
    this.#subscription = /\/subscriptions\/([0-9a-f-]{36})/i.exec(text)?.[1] ?? NO_GUID;
    this.#operations = this.named(/https:\/\/[^"?]+\/operations\//.exec(text)?.[0] ?? `${HOST}/operations/`);
    this.#ids = [...text.matchAll(/operations\/([0-9a-f-]{36})/g)].map(([, id = '']) => id);
  }

  named(text: string): string {
    return text
      .replaceAll('{sub}', this.#subscription)
      .replaceAll(/([0-9a-f]{8}(-[0-9a-f]{4}){3})-\*+/gi, '$1-000000000000');
  }

  /** @param resource that a child without a path of its own lies beside */
  of(written: string, resource: string, apiVersion: string): string {
    const [path = '', query = ''] = this.named(written.replace(/^\(|\)$/g, '')).split('?');
    const asked = query.split('&').filter((part) => part !== '' && !part.startsWith('p='));
    if (!asked.some((part) => part.startsWith('api-version='))) asked.push(`api-version=${apiVersion}`);
    return `${this.#path(path, resource)}?${asked.join('&')}`;
  }

  #path(path: string, resource: string): string {
    const begun = /(?:^|\/)operations\/([0-9a-f-]+)/i.exec(path)?.[1]?.toLowerCase();
    if (begun !== undefined) {
      const start = begun.replace(/-$/, '');
      const id = this.#ids.find((one) => one.startsWith(start)) ?? `${start}${NO_GUID.slice(start.length)}`;
      return `${this.#operations}${id}`;
    }
    if (path.startsWith('https:')) return path;
    if (path.startsWith('/')) return `${HOST}${path}`;
    if (path.startsWith('...')) {
      const [, rest = '', kind = ''] = /^\.\.\.((\/[^/]+).*)$/.exec(path) ?? [];
      return `${HOST}${resource.slice(0, resource.indexOf(`${kind}/`))}${rest}`;
    }
    // `runCommands/one`, `runCommands`: from where the collection begins in the resource's own path.
    const collection = `/${path.split('/')[0] ?? ''}`;
    return `${HOST}${resource.slice(0, resource.lastIndexOf(collection))}/${path}`;
  }
}
