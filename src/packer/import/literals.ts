/** Texts and ids in a deployment template. */

/** Text that means itself: neither an expression nor a `<placeholder>`, which Kiln would ask for. */
export function literal(text: string): string {
  if (/<[A-Za-z][\w-]*>/.test(text)) return `[${quoted(text)}]`;
  return line(text);
}

/** Of a script, in which a placeholder is text unless somebody fills it. */
export function line(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? `[${text}` : text;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export interface ResourceOf {
  /** Absent: the subscription that the template is built in. */
  subscription?: string | undefined;
  group: string;
  type: string;
  names: string[];
}

/** An expression, since a Packer file need not say in which subscription it is built. */
export function idOf({ subscription, group, type, names }: ResourceOf): string {
  const place = subscription === undefined ? [group] : [subscription, group];
  return `[resourceId(${[...place, type, ...names].map(quoted).join(', ')})]`;
}

/** Every text in a value made to mean itself. */
export function literals<T>(value: T, meaning = literal): T {
  if (typeof value === 'string') return meaning(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => literals(item, meaning)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    literals(item as unknown, key === 'inline' ? line : meaning),
  ]);
  return Object.fromEntries(entries) as T;
}

/** Without what is undefined or an empty object. */
export function compact(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
    ),
  );
}
