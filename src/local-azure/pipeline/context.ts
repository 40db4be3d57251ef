/** Stage 1: what a request is called, and by which address it came. */
import { randomUUID } from 'node:crypto';
import { ArmError } from '../core.ts';
import type { Stage } from './environment.ts';
/** Names the request: ids for the answer's headers, and the address by which the client reached us. */
export const context: Stage = async (c, next) => {
  const url = new URL(c.req.url);
  c.set('requestId', randomUUID());
  c.set('correlationId', c.req.header('x-ms-correlation-request-id') ?? randomUUID());
  c.set('origin', `https://${c.req.header('host') ?? url.host}`);
  // Clients put a slash before an id that begins with one.
  c.set('path', decode(url.pathname).replace(/^\/+/, '/').replace(/\/+$/, ''));
  c.set('query', url.searchParams);
  c.set('apiVersion', [...url.searchParams].find(([name]) => name.toLowerCase() === 'api-version')?.[1] ?? '');
  c.set('rateHeaders', {});
  await next();
  c.header('x-ms-request-id', c.get('requestId'));
  c.header('x-ms-correlation-request-id', c.get('correlationId'));
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  c.header('x-ms-routing-request-id', `LOCAL:${time}:${c.get('requestId')}`);
  const clientId = c.req.header('x-ms-client-request-id');
  if (clientId !== undefined) {
    c.header('x-ms-client-request-id', clientId);
  }
};

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ArmError(400, 'InvalidRequestUri', `The request path '${path}' is not a valid encoded address.`);
  }
}
