/** What the stages hand on to each other. */
import type { Context, MiddlewareHandler } from 'hono';
import type { Principal } from '../authority.ts';
import type { JsonObject } from '../core.ts';

interface Variables {
  requestId: string;
  correlationId: string;
  /** `https://host:port` as the client reached us. */
  origin: string;
  /** Decoded, without a trailing slash. */
  path: string;
  query: URLSearchParams;
  apiVersion: string;
  principal: Principal;
  body: JsonObject | undefined;
  /** Sent with every answer, a refusal included. */
  rateHeaders: Record<string, string>;
}

export interface Environment {
  Variables: Variables;
}

export type Stage = MiddlewareHandler<Environment>;
export type RequestContext = Context<Environment>;
