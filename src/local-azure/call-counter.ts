/** Counts the calls by method and type, as in `PUT Microsoft.Compute/disks`, and those refused for their number. */
import { ArmError, type Route } from './core.ts';
import { parseResourceId } from './resource-id.ts';

export function createCallCounter() {
  const byOperation = new Map<string, number>();
  const names = new WeakMap<Route, string>();
  const count = (name: string) => {
    byOperation.set(name, (byOperation.get(name) ?? 0) + 1);
  };
  let throttled = 0;
  return {
    count,
    countRefusal(error: Error) {
      if (error instanceof ArmError && error.status === 429) {
        throttled += 1;
      }
    },
    countRoute(route: Route) {
      const name = names.get(route) ?? describe(route);
      names.set(route, name);
      count(name);
    },
    summary() {
      const total = [...byOperation.values()].reduce((sum, calls) => sum + calls, 0);
      return {
        total,
        throttled,
        byOperation: Object.fromEntries([...byOperation].toSorted(([a], [b]) => a.localeCompare(b))),
      };
    },
  };
}

function describe({ method, path }: Route): string {
  const words = path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{'));
  return `${method} ${parseResourceId(path).type ?? words.join('/')}`;
}
