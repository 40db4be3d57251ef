/** Members that an object has in Azure and not here, with what a person does about it. */

const reasons = new WeakMap<object, ReadonlyMap<string, string>>();

/** The object as it is; `why` is told by name where an expression asks for one of these members. */
export function lacking<T extends object>(holder: T, why: Record<string, string>): T {
  reasons.set(holder, new Map(Object.entries(why).map(([name, reason]) => [name.toLowerCase(), reason])));
  return holder;
}

export function whyAbsent(holder: object, name: string): string | undefined {
  return reasons.get(holder)?.get(name.toLowerCase());
}
