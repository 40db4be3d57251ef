/** Finds the route of a request; Resource Manager reads paths without regard to case. */
import { ArmError, type ArmRequest, type Provider, type Route } from './core.ts';

export interface Match {
  route: Route;
  params: Record<string, string>;
  /** In the route's casing, with the request's own parameters; without a POST's action. */
  id: string;
}

export interface Router {
  /** Throws ArmError InvalidResourceNamespace, InvalidResourceType or MethodNotAllowed. */
  match(method: ArmRequest['method'], path: string, apiVersion: string): Match;
}

interface Entry {
  route: Route;
  segments: string[];
}

const isParameter = (segment: string) => segment.startsWith('{');

export function createRouter(providers: Provider[]): Router {
  const entries: Entry[] = providers
    .flatMap((provider) => provider.routes)
    .map((route) => ({ route, segments: route.path.split('/').filter(Boolean) }));

  return {
    match(method, path, apiVersion) {
      const segments = path.split('/').filter(Boolean);
      const fitting = entries
        .filter((entry) => fits(entry.segments, segments))
        .toSorted((left, right) => parameters(left) - parameters(right));
      // HEAD is answered by GET's handler where it has none of its own.
      const entry =
        fitting.find(({ route }) => route.method === method) ??
        (method === 'HEAD' ? fitting.find(({ route }) => route.method === 'GET') : undefined);
      if (entry === undefined) {
        throw fitting.length > 0
          ? new ArmError(405, 'MethodNotAllowed', `The HTTP method '${method}' is not supported at '${path}'.`)
          : unknownPath(segments, providers, apiVersion);
      }
      const named = entry.segments.map((segment, index): [string, string] => [segment, segments[index] ?? '']);
      const params = Object.fromEntries(
        named.filter(([key]) => isParameter(key)).map(([key, value]) => [key.slice(1, -1), value]),
      );
      const last = entry.segments.at(-1) ?? '';
      const ownSegments = method === 'POST' && !isParameter(last) ? named.slice(0, -1) : named;
      const id = `/${ownSegments.map(([key, value]) => (isParameter(key) ? value : key)).join('/')}`;
      return { route: entry.route, params, id };
    },
  };
}

function fits(pattern: string[], segments: string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => isParameter(part) || part.toLowerCase() === segments[index]?.toLowerCase())
  );
}

function parameters(entry: Entry): number {
  return entry.segments.filter(isParameter).length;
}

function unknownPath(segments: string[], providers: Provider[], apiVersion: string): ArmError {
  const at = segments.findIndex((segment) => segment.toLowerCase() === 'providers');
  const namespace = at < 0 ? undefined : segments[at + 1];
  if (namespace === undefined) {
    return new ArmError(404, 'NotFound', `The resource '/${segments.join('/')}' could not be found.`);
  }
  if (!providers.some((provider) => provider.namespace.toLowerCase() === namespace.toLowerCase())) {
    return new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
  }
  return new ArmError(
    404,
    'InvalidResourceType',
    `The resource type could not be found in the namespace '${namespace}' for api version '${apiVersion}'.`,
  );
}
