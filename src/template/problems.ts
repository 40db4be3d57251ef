/** What is wrong with a template, each with the JSON path of the value and what was expected there. */

export interface TemplateProblem {
  /** As in `properties.customize[2].scriptUri`; empty for the file as a whole. */
  path: string;
  /** What is wrong and what is allowed, in one sentence. */
  message: string;
  /** What stands there, as JSON, shortened; absent where nothing does. */
  value?: string;
  /** The rules that the template was read by. */
  apiVersion?: string;
}

const MAX_VALUE = 120;

/** One error text for a person: the file, then every problem on a line of its own. */
export function formatProblems(fileName: string, problems: TemplateProblem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map(({ path, message, value, apiVersion }) => {
    const place = path === '' ? '' : `${path}: `;
    const got = value === undefined ? '' : `, got ${value}`;
    const rules = apiVersion === undefined ? '' : ` (api-version ${apiVersion})`;
    return `  ${place}${message}${got}${rules}`;
  });
  return [`${fileName} cannot be built: ${count}`, ...lines].join('\n');
}

/** `['properties', 'customize', 2]` → `properties.customize[2]`; a name that is no word is quoted. */
export function formatPath(path: ReadonlyArray<PropertyKey>): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = String(part);
      if (!/^[\w$-]+$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}

/** As JSON, on one line and short; a signature in an address and secret values are not repeated. */
export function describeValue(value: unknown, secrets: Iterable<string> = []): string | undefined {
  let text = JSON.stringify(value);
  if (text === undefined) return undefined;
  for (const secret of secrets) text = text.replaceAll(secret, '***');
  text = text.replaceAll(/([?&]sig=)[^&"\s]+/gi, '$1***');
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text;
}

/** The known name that is nearest to a mistyped one; undefined where none is near. */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const far = distance(given.toLowerCase().slice(0, 64), name.toLowerCase());
    if (far <= Math.max(2, name.length / 4) && (best === undefined || far < best.distance)) {
      best = { name, distance: far };
    }
  }
  return best?.name;
}

/** Levenshtein's: letters to add, drop or change. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
