/**
 * What people write where a value of theirs goes: `<name>` anywhere, and `{name}` in a resource id, as Azure's own
 * examples have it.
 */

const ANYWHERE = /<([A-Za-z][\w-]*)>/g;
const IN_ID = /\{([A-Za-z][\w-]*)\}/g;

/**
 * @param valueOf answers undefined for a name that nobody gave
 * @returns the text, and the names that are still to be given
 */
export function fillPlaceholders(
  text: string,
  valueOf: (name: string) => string | undefined,
): { text: string; missing: string[] } {
  const missing: string[] = [];
  const fill = (placeholder: string, name: string): string => {
    const value = valueOf(name);
    if (value === undefined) missing.push(name);
    return value ?? placeholder;
  };
  const filled = text.replaceAll(ANYWHERE, fill);
  return { text: filled.startsWith('/subscriptions/') ? filled.replaceAll(IN_ID, fill) : filled, missing };
}
