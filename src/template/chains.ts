/** Golden chains: a template that builds on the gallery image of another one. Pure. */
import type { BuildPlan } from './build-plan.ts';
import { sameId } from './resource-id.ts';

/** What of a template makes it a link. */
export interface Link {
  id: string;
  name: string;
  /** Gallery image definition that it builds on; absent for any other source. */
  builtOn?: string;
  /** Definitions that it distributes to. */
  makes: string[];
}

export function linkOf({ template, source, distribute }: BuildPlan): Link {
  const builtOn = source.type === 'SharedImageVersion' ? definitionOf(source.imageVersionId) : undefined;
  return {
    id: template.id,
    name: template.name,
    ...(builtOn === undefined ? {} : { builtOn }),
    makes: distribute.flatMap((one) => (one.type === 'SharedImage' ? [one.imageDefinitionId] : [])),
  };
}

const definitionOf = (imageVersionId: string): string => imageVersionId.replace(/\/versions\/[^/]+$/i, '');

export function isVersionOf(imageVersionId: string, imageDefinitionId: string): boolean {
  return sameId(definitionOf(imageVersionId), imageDefinitionId);
}

/** Those that make what it builds on. */
export function parentsOf<T extends Link>({ builtOn }: Link, among: T[]): T[] {
  if (builtOn === undefined) return [];
  return among.filter(({ makes }) => makes.some((definition) => sameId(definition, builtOn)));
}

/** All that build on it, and on what those make, without itself. */
export function descendantsOf<T extends Link>(root: Link, among: T[]): T[] {
  const found: T[] = [];
  const add = (parent: Link): void => {
    for (const child of among) {
      const known = sameId(child.id, root.id) || found.includes(child);
      if (known || !parentsOf(child, [parent]).length) continue;
      found.push(child);
      add(child);
    }
  };
  add(root);
  return found;
}

/** Names along the first circle found, the first one again at its end; undefined where there is none. */
export function cycleIn(links: Link[]): string[] | undefined {
  const done = new Set<string>();
  const walk = (link: Link, above: Link[]): string[] | undefined => {
    const at = above.findIndex(({ id }) => sameId(id, link.id));
    if (at >= 0) return [...above.slice(at), link].map(({ name }) => name);
    if (done.has(link.id)) return undefined;
    for (const parent of parentsOf(link, links)) {
      const found = walk(parent, [...above, link]);
      if (found !== undefined) return found;
    }
    done.add(link.id);
    return undefined;
  };
  for (const link of links) {
    const found = walk(link, []);
    // Walked from child to parent; told from parent to child.
    if (found !== undefined) return found.toReversed();
  }
  return undefined;
}
