/** What is wrong with a template, each with the JSON path of the value and what was expected there. */

export interface TemplateProblem {
  /** As in `properties.customize[2].scriptUri`; empty for the file as a whole. */
  path: string;
  /** What is wrong and what is allowed, in one sentence. */
  message: string;
  /** What stands there, as JSON, shortened and without secrets; absent where nothing does. */
  value?: string;
  /** What may stand there, where that is one thing to say; most messages say it too. */
  allowed?: string;
  /** The rules that the template was read by. */
  apiVersion?: string;
}

const MAX_VALUE = 60;

/** One error text for a person: the file, then every problem on a line of its own. */
export function formatProblems(fileName: string, problems: TemplateProblem[], verdict = 'cannot be built'): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map(({ path, message, value, allowed, apiVersion }) => {
    const place = path === '' ? '' : `${path}: `;
    const got = value === undefined ? '' : `, got ${value}`;
    const rules = apiVersion === undefined ? '' : ` (api-version ${apiVersion})`;
    const may = allowed === undefined || message.includes(allowed) ? '' : ` (expected ${allowed})`;
    return `  ${place}${message}${may}${got}${rules}`;
  });
  return [`${fileName} ${verdict}: ${count}`, ...lines].join('\n');
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

/** As JSON, on one line and short, without secrets. */
export function describeValue(value: unknown, secrets: Iterable<string> = []): string | undefined {
  const json = JSON.stringify(value);
  if (json === undefined) return undefined;
  const text = hideSecrets(json, secrets);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text;
}

/** Without the given values, and without what is a secret wherever it stands: signatures, account keys, passwords. */
export function hideSecrets(text: string, secrets: Iterable<string> = []): string {
  let hidden = text;
  for (const secret of secrets) {
    // As it is, and as JSON writes it.
    for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) hidden = hidden.replaceAll(form, '***');
  }
  return hidden
    .replaceAll(/((?:\bsig|\bAccountKey|\w*password)=)[^&;"'\s]+/gi, '$1***')
    .replaceAll(/("\w*(?:password|secret|accountKey)\w*"\s*:\s*")(?:[^"\\]|\\.)*/gi, '$1***')
    .replaceAll(/(:\/\/)[^/@\s"']+@/g, '$1***@');
}

/** The same without secrets, and with what is allowed as a field of its own. */
export function finishProblem(problem: TemplateProblem, secrets: Iterable<string>): TemplateProblem {
  const message = hideSecrets(problem.message, secrets);
  const allowed = problem.allowed ?? /(?:expected|must be) (.+?)(?:, got .*|; .*)?$/s.exec(message)?.[1];
  return {
    ...problem,
    message,
    ...(problem.value === undefined ? {} : { value: hideSecrets(problem.value, secrets) }),
    ...(allowed === undefined ? {} : { allowed }),
  };
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
