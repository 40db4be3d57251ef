/**
 * Traffic that somebody wrote down by hand: addresses are cut short (`operations/13e92c90-...`), and of some answers only
 * a part is given. What a transcript leaves out is not compared; what it has is.
 */
import type { Exchange, Json } from './recordings.ts';

interface Entry {
  request: { method: string; path: string; 'api-version'?: string; body?: Json };
  response: {
    status: number;
    headers?: Record<string, unknown>;
    body?: Json;
    /** Of the resource's properties. */
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
    if (request.path.startsWith('/')) resource = request.path;
    const url = whole.of(request.path, resource, apiVersion);
    const { body, body_excerpt: excerpt } = JSON.parse(whole.named(JSON.stringify(response))) as Entry['response'];
    const headers = Object.entries(response.headers ?? {}).flatMap(([name, value]) =>
      typeof value === 'string'
        ? [[name.toLowerCase(), isAddress(value) ? whole.of(value, resource, apiVersion) : value] as const]
        : [],
    );
    return {
      method: request.method,
      url,
      requestBody: request.body ?? undefined,
      status: response.status,
      headers: Object.fromEntries(headers),
      body: excerpt === undefined ? (body ?? undefined) : { properties: excerpt },
      leftOut: excerpt === undefined ? LEFT_OUT : ALL_BUT,
    };
  });
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
    return text.replaceAll('{sub}', this.#subscription);
  }

  /** @param resource that a child without a path of its own lies beside */
  of(written: string, resource: string, apiVersion: string): string {
    const [path = '', query = ''] = this.named(written.replace(/^\(|\)$/g, '')).split('?');
    const asked = query.split('&').filter((part) => part !== '' && !part.startsWith('p='));
    if (!asked.some((part) => part.startsWith('api-version='))) asked.push(`api-version=${apiVersion}`);
    return `${this.#path(path, resource)}?${asked.join('&')}`;
  }

  #path(path: string, resource: string): string {
    const begun = /(?:^|\/)operations\/([0-9a-f-]+)/.exec(path)?.[1];
    if (begun !== undefined) {
      const start = begun.replace(/-$/, '');
      const id = this.#ids.find((one) => one.startsWith(start)) ?? `${start}${NO_GUID.slice(start.length)}`;
      return `${this.#operations}${id}`;
    }
    if (path.startsWith('https:')) return path;
    if (path.startsWith('/')) return `${HOST}${path}`;
    // `runCommands/one`, `runCommands`: from where the collection begins in the resource's own path.
    const collection = `/${path.split('/')[0] ?? ''}`;
    return `${HOST}${resource.slice(0, resource.lastIndexOf(collection))}/${path}`;
  }
}
