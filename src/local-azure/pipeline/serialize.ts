/** Stage 7: an answer as it goes over the wire, and what an error becomes at the end of it all. */
import { asyncHeaders } from '../async-answers.ts';
import { ArmError, type ArmResponse, type Services } from '../core.ts';
import type { RequestContext } from './environment.ts';
export function serialize(c: RequestContext, answer: ArmResponse, services: Services): Response {
  const headers: Record<string, string> = { 'Cache-Control': 'no-cache', ...c.get('rateHeaders'), ...answer.headers };
  if (answer.operation !== undefined) {
    const { operation, form } = answer.operation;
    const reached = { origin: c.get('origin'), apiVersion: c.get('apiVersion'), profile: services.profile };
    Object.assign(headers, asyncHeaders(operation, form, reached));
  }
  if (answer.body === undefined || c.req.method === 'HEAD' || answer.status === 204) {
    return new Response(null, { status: answer.status, headers });
  }
  headers['Content-Type'] = 'application/json; charset=utf-8';
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers });
}

export function failure(error: Error, c: RequestContext, services: Services): Response {
  const known = error instanceof ArmError ? error : undefined;
  if (known === undefined) {
    services.log.error('a request broke', { method: c.req.method, path: c.get('path'), err: error });
  }
  const { status, code, message, target, details } =
    known ?? new ArmError(500, 'InternalServerError', `An internal error occurred: ${error.message}`);
  const headers: Record<string, string> = {
    'Content-Type': 'application/json; charset=utf-8',
    'x-ms-failure-cause': 'gateway',
    'x-ms-error-code': code,
    ...c.get('rateHeaders'),
  };
  // What Resource Manager finds missing by itself never reached the provider and its allowances.
  if (code === 'ResourceNotFound') delete headers['x-ms-ratelimit-remaining-resource'];
  // Set by the stage that failed, on the answer that never came.
  for (const name of ['WWW-Authenticate', 'Retry-After']) {
    const value = c.res.headers.get(name);
    if (value !== null) {
      headers[name] = value;
    }
  }
  const body = {
    error: {
      code,
      message,
      ...(target === undefined ? {} : { target }),
      ...(details === undefined ? {} : { details }),
    },
  };
  return new Response(c.req.method === 'HEAD' ? null : JSON.stringify(body), { status, headers });
}
