/** A request and its answer against the models of their types. */
import type { Exchange, Json, JsonObject } from '../../src/local-azure/core.ts';
import { checkBody, type Mode } from './check-body.ts';
import { exceptionFor } from './exceptions.ts';
import type { Model, Models } from './models.ts';

export interface Checked {
  /** `PUT Microsoft.Compute/disks request`; undefined where nothing is published of either body. */
  bodies: string[];
  /** `PUT Microsoft.Compute/disks 2026-03-02 request: properties.sku: …`, named exceptions left out. */
  problems: string[];
}

/** Where a request ends that is about no single resource. */
interface Place {
  type: string;
  /** Of a POST; `instanceView` of a machine. */
  verb?: string;
  isList: boolean;
}

/** @param about for the poll of an operation: the request that began it */
export function checkExchange(models: Models, polled: Exchange, about?: Exchange): Checked {
  // The result of a write is the resource, as if it had been answered at once.
  const exchange = about === undefined ? polled : { ...polled, method: about.method, url: about.url };
  const { method, requestBody, status, body } = exchange;
  const url = new URL(exchange.url);
  // Its name is the same in any case.
  const apiVersion = [...url.searchParams].find(([name]) => name.toLowerCase() === 'api-version')?.[1] ?? '';
  const place = placeOf(method, url.pathname);
  const checked: Checked = { bodies: [], problems: [] };
  // What is refused is not held to a model: that it is refused is the point.
  if (place === undefined || status >= 300) return checked;
  const { type, verb, isList } = place;
  const name = `${method} ${type}${verb === undefined ? '' : `/${verb}`}${isList ? ' (list)' : ''}`;
  const look = (candidates: Model[], value: Json | undefined, mode: Mode): void => {
    const [first, ...others] = candidates;
    if (first === undefined || value === undefined || value === null) return;
    const what = mode === 'answer' ? 'answer' : 'request';
    checked.bodies.push(`${name} ${what}`);
    // Between two published versions nobody can say when a property came or went.
    const elsewhere = others.map((model) => checkBody(model, value, mode));
    for (const problem of checkBody(first, value, mode)) {
      if (!elsewhere.every((problems) => problems.includes(problem))) continue;
      const told = `${name} ${apiVersion} ${what}: ${problem}`;
      if (exceptionFor(told) === undefined) checked.problems.push(told);
    }
  };

  if (verb !== undefined) {
    if (method === 'GET') look(partsOf(models.resource(type, apiVersion), ['properties', verb]), body, 'answer');
    else {
      look(models.action(type, verb, 'input', apiVersion), requestBody, 'request');
      look(models.action(type, verb, 'output', apiVersion), body, 'answer');
    }
    return checked;
  }
  const model = models.resource(type, apiVersion);
  if (method === 'PUT' || method === 'PATCH') look(model, requestBody, method === 'PUT' ? 'request' : 'change');
  if (method === 'DELETE' || body === undefined || body === null) return checked;
  if (isList) for (const one of (body as { value?: JsonObject[] }).value ?? []) look(model, one, 'answer');
  else look(model, body, 'answer');
  return checked;
}

/** The forms of what a path of properties leads to. */
function partsOf(models: Model[], path: string[]): Model[] {
  return path.reduce(
    (within, name) =>
      within.flatMap((model) => {
        const found = Object.entries(model.entry.properties ?? {}).find(
          ([key]) => key.toLowerCase() === name.toLowerCase(),
        );
        return found === undefined ? [] : [{ ...model, entry: model.at(found[1].type) }];
      }),
    models,
  );
}

function placeOf(method: string, pathname: string): Place | undefined {
  const path = decodeURIComponent(pathname).replace(/\/+$/, '');
  const at = path.toLowerCase().lastIndexOf('/providers/');
  if (at < 0) return undefined;
  const [namespace = '', ...rest] = path.slice(at + '/providers/'.length).split('/');
  // What a region offers, and the polls of operations, are no resources.
  if (rest.length === 0 || rest[0]?.toLowerCase() === 'locations') return undefined;
  const typesOf = (segments: string[]): string =>
    [namespace, ...segments.filter((_, index) => index % 2 === 0)].join('/');
  const last = rest.at(-1) ?? '';
  if (method === 'POST' || (/^instanceView$/i.test(last) && rest.length % 2 === 1)) {
    return { type: typesOf(rest.slice(0, -1)), verb: last, isList: false };
  }
  return { type: typesOf(rest), isList: rest.length % 2 === 1 };
}
