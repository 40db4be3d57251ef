/**
 * Records traffic with a Resource Manager in the form of Azure's test proxy, `{Entries: […]}`, without what is secret. It
 * stands before Azure under a certificate of its own: clients are given its address in Azure's place, and addresses in
 * answers lead back to it, so that polls are recorded too.
 */
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { decodeJwt } from 'jose';
import { ensureCertificates } from '../../src/local-azure/tls.ts';
import { Sanitizer } from './sanitizer.ts';

const PUBLIC = 'https://management.azure.com';
/** Of one connection, or of how the bytes were packed. */
const NOT_PASSED = new Set([
  'host',
  'connection',
  'accept-encoding',
  'content-encoding',
  'content-length',
  'transfer-encoding',
]);
const NOT_KEPT = new Set(['authorization', 'cookie', 'set-cookie', 'x-ms-authorization-auxiliary']);

export interface Recorder {
  /** For KILN_AZURE_ENDPOINT. */
  endpoint: string;
  /** For NODE_EXTRA_CA_CERTS. */
  caFile: string;
  /** Writes what was recorded since the last call, and says how many exchanges that were. */
  save(file: string): number;
  close(): Promise<void>;
}

interface Entry {
  RequestUri: string;
  RequestMethod: string;
  RequestHeaders: Record<string, string>;
  RequestBody: unknown;
  StatusCode: number;
  ResponseHeaders: Record<string, string>;
  ResponseBody: unknown;
}

/** @param folder of its certificate; `upstream` without a slash at its end */
export async function startRecorder({ folder, upstream }: { folder: string; upstream: string }): Promise<Recorder> {
  const { cert, key, caFile } = await ensureCertificates(folder);
  const sanitizer = new Sanitizer();
  let entries: Entry[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    exchange(request, response).catch((error: unknown) => {
      response.writeHead(502).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    learn(request.headers.authorization);
    const sent = await buffer(request);
    const passed = headersOf(Object.entries(request.headers), NOT_PASSED);
    const answer = await fetch(`${upstream}${url}`, {
      method,
      headers: passed,
      redirect: 'manual',
      ...(sent.length === 0 ? {} : { body: new Uint8Array(sent) }),
    });
    const text = await answer.text();
    const headers = headersOf([...answer.headers], NOT_PASSED);
    entries.push(
      sanitizer.clean({
        RequestUri: `${PUBLIC}${url}`,
        RequestMethod: method,
        RequestHeaders: headersOf(Object.entries(passed), NOT_KEPT),
        RequestBody: bodyOf(sent.toString()),
        StatusCode: answer.status,
        ResponseHeaders: headersOf(Object.entries(headers), NOT_KEPT, (value) => value.replaceAll(upstream, PUBLIC)),
        ResponseBody: bodyOf(text.replaceAll(upstream, PUBLIC)),
      }),
    );
    const here = (value: string): string => value.replaceAll(upstream, endpoint);
    response.writeHead(answer.status, headersOf(Object.entries(headers), new Set(), here));
    response.end(method === 'HEAD' ? undefined : here(text));
  }

  /** Who asks, and where from: ids that are nobody's business. */
  function learn(authorization = ''): void {
    const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
    if (token === undefined) return;
    const { tid, oid, appid, upn } = decodeJwt<Record<'tid' | 'oid' | 'appid' | 'upn', string | undefined>>(token);
    for (const id of [tid, oid, appid, upn]) if (id !== undefined) sanitizer.hide(id);
  }

  return {
    endpoint,
    caFile,
    save(file) {
      const taken = entries;
      entries = [];
      writeFileSync(file, `${JSON.stringify({ Entries: taken, Variables: {} }, null, 2)}\n`);
      return taken.length;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function headersOf(
  headers: Array<[string, string | string[] | undefined]>,
  without: Set<string>,
  changed = (value: string): string => value,
): Record<string, string> {
  return Object.fromEntries(
    headers.flatMap(([name, value]): Array<[string, string]> => {
      if (value === undefined || without.has(name.toLowerCase())) return [];
      return [[name, changed([value].flat().join(', '))]];
    }),
  );
}

/** As the test proxy keeps it: JSON as such, all else as text, null where there is none. */
function bodyOf(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
