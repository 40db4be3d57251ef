/** Everything that is not an image template is Azure's: passed on as it is, and the answer passed back. */
import { request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { ArmError } from './arm-error.ts';

/** Of one connection, not of the message. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer'];
const NOT_PASSED = new Set([...HOP_BY_HOP, 'transfer-encoding', 'upgrade', 'host']);

export interface Upstream {
  /** `https://management.azure.com`, or the local Azure. */
  endpoint: string;
  /**
   * The local Azure builds addresses (of operations, of next pages) from the name that it is asked by: asked by ours, it
   * leads clients back to us. The real one answers to its own name only, and its addresses lead to it.
   */
  keepHost: boolean;
}

export function forward({ endpoint, keepHost }: Upstream, incoming: Request, host: string): Promise<Response> {
  const { pathname, search } = new URL(incoming.url);
  const target = new URL(`${pathname}${search}`, endpoint);
  const headers = Object.fromEntries([...incoming.headers].filter(([name]) => !NOT_PASSED.has(name)));
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      target,
      { method: incoming.method, headers: { ...headers, host: keepHost ? host : target.host } },
      (answer) => {
        const status = answer.statusCode ?? 502;
        const empty = status === 204 || status === 304 || incoming.method === 'HEAD';
        if (empty) answer.resume();
        const body = empty ? null : (Readable.toWeb(answer) as globalThis.ReadableStream);
        resolve(new Response(body, { status, headers: headersOf(answer.headers) }));
      },
    );
    // A client that has gone wants nothing any more.
    incoming.signal.addEventListener('abort', () => outgoing.destroy(), { once: true });
    outgoing.on('error', (error) => reject(new ArmError(502, 'BadGateway', `Azure did not answer: ${error.message}`)));
    if (incoming.body === null) outgoing.end();
    else {
      const body = Readable.fromWeb(incoming.body as ReadableStream);
      body.on('error', (error) => outgoing.destroy(error));
      body.pipe(outgoing);
    }
  });
}

function headersOf(headers: IncomingHttpHeaders): Headers {
  const passed = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (NOT_PASSED.has(name) || value === undefined) continue;
    for (const one of [value].flat()) passed.append(name, one);
  }
  return passed;
}
