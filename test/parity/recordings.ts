/**
 * Recorded traffic of the real Azure, read from where it lies beside the repository. Four forms: the test proxy's JSON,
 * the YAML of two recorders, vcrpy and go-vcr, and what was transcribed by hand.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { readTranscript, type Transcript } from './transcribed.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Exchange {
  method: string;
  url: string;
  requestBody: Json | undefined;
  status: number;
  /** By lower-cased name. */
  headers: Record<string, string>;
  body: Json | undefined;
  /** Differences that say nothing: what was not written down may have been answered all the same. */
  leftOut?: RegExp;
}

export interface Recording {
  /** `folder/file`. */
  name: string;
  exchanges: Exchange[];
  /** Headers that the recorder kept; the others cannot be compared. */
  keptHeaders: Set<string>;
}

export const RECORDINGS = join(fileURLToPath(new URL('../../..', import.meta.url)), 'shared', 'recordings');

interface RawExchange {
  request: { method: string; uri?: string; url?: string; body?: string | null };
  response: {
    body: string | { string?: string | Buffer };
    code?: number;
    status: string | { code: number };
    headers: Record<string, string | string[]>;
  };
}

interface ProxyEntry {
  RequestUri: string;
  RequestMethod: string;
  RequestBody: Json;
  StatusCode: number;
  ResponseHeaders: Record<string, string | string[]>;
  ResponseBody: Json;
}

/** Empty where there are none. */
export function readRecordings(root = RECORDINGS): Recording[] {
  if (!existsSync(root)) return [];
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name: folder }) => {
    const files = readdirSync(join(root, folder)).filter((file) => /\.(json|ya?ml)$/.test(file));
    const read = files.toSorted().map((file) => ({
      name: `${folder}/${file}`,
      exchanges: withOneGroup(
        readExchanges(join(root, folder, file)).filter(({ url }) => /\/\/management\./.test(url)),
      ),
    }));
    const keptHeaders = new Set(
      read.flatMap(({ exchanges }) => exchanges.flatMap(({ headers }) => Object.keys(headers))),
    );
    return read.filter(({ exchanges }) => exchanges.length > 0).map((one) => ({ ...one, keptHeaders }));
  });
}

function readExchanges(file: string): Exchange[] {
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.json')) {
    const content = JSON.parse(text) as { Entries?: ProxyEntry[] } | Transcript;
    if ('entries' in content) return readTranscript(content);
    return (content.Entries ?? []).map((entry) => ({
      method: entry.RequestMethod,
      url: entry.RequestUri,
      requestBody: bodyOf(entry.RequestBody),
      status: entry.StatusCode,
      headers: headersOf(entry.ResponseHeaders),
      body: bodyOf(entry.ResponseBody),
    }));
  }
  const { interactions } = parse(text) as { interactions: RawExchange[] };
  return interactions.map(({ request, response }) => ({
    method: request.method,
    url: request.uri ?? request.url ?? '',
    requestBody: bodyOf(request.body ?? null),
    status: response.code ?? (typeof response.status === 'object' ? response.status.code : 0),
    headers: headersOf(response.headers),
    body: bodyOf(typeof response.body === 'string' ? response.body : String(response.body.string ?? '')),
  }));
}

function headersOf(headers: Record<string, string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? (value[0] ?? '') : value,
    ]),
  );
}

const GROUP = /(?<=\/resourceGroups\/)[^/?"]+/gi;

/**
 * Some recorders gave the group another name in addresses and left its own in answers. Where addresses have one group
 * only, an answer about it that names another means that one, in capitals or not as it was.
 */
function withOneGroup(exchanges: Exchange[]): Exchange[] {
  const groups = new Set(exchanges.flatMap(({ url }) => url.match(GROUP) ?? []).map((name) => name.toLowerCase()));
  const [group] = groups;
  if (group === undefined || groups.size > 1) return exchanges;
  const asked = JSON.stringify(exchanges.map(({ url, requestBody }) => [url, requestBody])).toLowerCase();
  const named = (name: string): string => {
    // Groups that image templates build in are Azure's to name.
    if (asked.includes(name.toLowerCase()) || name.startsWith('IT_')) return name;
    return name === name.toUpperCase() ? group.toUpperCase() : group;
  };
  return exchanges.map((exchange) =>
    exchange.body === undefined || exchange.url.match(GROUP) === null
      ? exchange
      : { ...exchange, body: JSON.parse(JSON.stringify(exchange.body).replaceAll(GROUP, named)) as Json },
  );
}

/** JSON as it is or as text; text that is no JSON stays text. */
function bodyOf(sent: Json): Json | undefined {
  // The test proxy breaks long text into lines.
  const broken = Array.isArray(sent) && sent.length > 0 && sent.every((line) => typeof line === 'string');
  const body = broken ? sent.join('') : sent;
  if (typeof body !== 'string') return body ?? undefined;
  const text = outOfBytes(body.replace(/^\uFEFF/, '')).trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** One recorder kept some bodies as Python writes bytes, `b'…'`, and some of those so once more. */
function outOfBytes(text: string): string {
  const held = /^b(['"])(.*)\1$/s.exec(text)?.[2];
  if (held === undefined) return text;
  const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
  return outOfBytes(held.replaceAll(/\\(.)/gs, (_, escaped: string) => escapes[escaped] ?? escaped));
}
