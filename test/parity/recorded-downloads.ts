/** Scripts and files that recorded templates name: served here, as one and the same script under any name. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Exchange } from './recordings.ts';
import type { Translator } from './translate.ts';

const SCRIPT = '# a script\n';
const DIGEST = createHash('sha256').update(SCRIPT).digest('hex');

/** From then on their addresses and digests stand for those that are served here. Answers what ends that. */
export async function replaceDownloads(exchanges: Exchange[], translator: Translator): Promise<() => Promise<void>> {
  const server = createServer((_request, response) => void response.end(SCRIPT));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const text = exchanges.map(({ requestBody, body }) => JSON.stringify([requestBody, body])).join('');
  for (const [, address = ''] of text.matchAll(/"(?:scriptUri|sourceUri)":"(https?:[^"]+)"/g)) {
    translator.replace(address, `http://127.0.0.1:${port}${new URL(address).pathname}`);
  }
  for (const [, digest = ''] of text.matchAll(/"sha256Checksum":"([0-9a-f]{64})"/g)) translator.replace(digest, DIGEST);
  return () => new Promise((resolve) => void server.close(() => resolve()));
}
