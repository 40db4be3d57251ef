/** Ports of the embedded stack's services: kept over a restart, so that whoever holds an address finds them again. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { pause } from './services.ts';

/**
 * Below the ports that systems give to outgoing connections (Linux: 32768 on). In that range a client that tries the
 * port of a service that has died may be given that very port, connect to itself, and keep the service from coming back.
 */
const FIRST = 20_000;
const LAST = 32_767;
const FORMER_MS = 5_000;

/** `former`, for which it waits some seconds; else `usual`; else any that is free. */
export async function choosePort(former: number | undefined, usual?: number): Promise<number> {
  if (former !== undefined) {
    for (const deadline = Date.now() + FORMER_MS; Date.now() < deadline; await pause(100)) {
      if (await isFree(former)) return former;
    }
  }
  if (usual !== undefined && (await isFree(usual))) return usual;
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST, LAST + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port was found from ${FIRST} to ${LAST}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Of `host:port` or a URL without a path. */
export function portOf(address: string | undefined): number | undefined {
  const port = Number(/:(\d+)\/?$/.exec(address ?? '')?.[1]);
  return port > 0 ? port : undefined;
}
