/** What is wrong with a template, each with the JSON path of the value and what was expected there. */

export interface TemplateProblem {
  /** As in `properties.customize[2].scriptUri`; empty for the file as a whole. */
  path: string;
  message: string;
}

/** One error text for a person: the file, then every problem on a line of its own. */
export function formatProblems(fileName: string, problems: TemplateProblem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map(({ path, message }) => (path === '' ? `  ${message}` : `  ${path}: ${message}`));
  return [`${fileName} cannot be built: ${count}`, ...lines].join('\n');
}

/** `['properties', 'customize', 2]` → `properties.customize[2]` */
export function formatPath(path: ReadonlyArray<PropertyKey>): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? String(part) : `.${String(part)}`))
    .join('');
}
