/** Beside the stages: hands each request that reached Resource Manager on with its answer, for whoever wants to look. */
import type { Exchange, Json } from '../core.ts';
import { parseLooseJson } from '../loose-json.ts';
import type { Stage } from './environment.ts';

export function observe(tell: (exchange: Exchange) => void): Stage {
  return async (c, next) => {
    const requestBody = readJson(await c.req.text());
    await next();
    const url = new URL(c.req.url);
    const body = readJson(await c.res.clone().text());
    tell({
      method: c.req.method,
      url: `${c.get('origin')}${url.pathname}${url.search}`,
      ...(requestBody === undefined ? {} : { requestBody }),
      status: c.res.status,
      headers: Object.fromEntries(c.res.headers),
      ...(body === undefined ? {} : { body }),
    });
  };
}

function readJson(text: string): Json | undefined {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A template as people write it, or no JSON at all.
  }
  try {
    return parseLooseJson(text) as Json;
  } catch {
    return text;
  }
}
