/** The table of docs/parity.md: how each recorded operation fares, and whether it has become worse. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CALLED_BY_KILN, reasonFor, reasonNotPlayed } from './reasons.ts';
import type { Compared } from './replay.ts';

export const TABLE = fileURLToPath(new URL('../../docs/parity.md', import.meta.url));

export interface Row {
  operation: string;
  /** Exchanges of the operation, its polls and its result among them. */
  exchanges: number;
  same: number;
  /** What differs, each once; `not implemented` where there is nothing to compare. */
  differences: string[];
}

const NOT_IMPLEMENTED = 'not implemented';
const MISSING = /^status 40[45] (InvalidResourceType|InvalidResourceNamespace|MethodNotAllowed) instead of 20/;

export function summarize(compared: Compared[]): Row[] {
  const rows = new Map<string, Row>();
  const missing = new Set(
    compared
      .filter(({ differences }) => differences.some((one) => MISSING.test(one)))
      .map(({ operation }) => operation),
  );
  for (const { operation, differences } of compared) {
    const row = rows.get(operation) ?? { operation, exchanges: 0, same: 0, differences: [] };
    rows.set(operation, row);
    row.exchanges += 1;
    row.same += differences.length === 0 ? 1 : 0;
    const shown = missing.has(operation) ? (differences.length === 0 ? [] : [NOT_IMPLEMENTED]) : differences;
    for (const one of shown) if (!row.differences.includes(one)) row.differences.push(one);
  }
  return [...rows.values()].toSorted((a, b) => keyOf(a).localeCompare(keyOf(b), 'en'));
}

/** By resource type, then by method. */
const keyOf = ({ operation }: Row): string => operation.split(' ').toReversed().join(' ');

export function verdictOf({ differences }: Row): 'same' | 'differs' | 'not implemented' {
  if (differences.length === 0) return 'same';
  return differences.includes(NOT_IMPLEMENTED) ? 'not implemented' : 'differs';
}

const RANK = { same: 2, differs: 1, 'not implemented': 0 };

/** In words what is worse in `now` than in `before`; an operation that is new cannot be. */
export function worsened(before: Row[], now: Row[]): string[] {
  return before.flatMap((former) => {
    const row = now.find(({ operation }) => operation === former.operation);
    // Another set of recordings: nothing to hold against each other.
    if (row === undefined) return [];
    const [was, is] = [verdictOf(former), verdictOf(row)];
    const fewer = former.exchanges - former.same < row.exchanges - row.same;
    if (RANK[is] >= RANK[was] && !(fewer && former.exchanges === row.exchanges)) return [];
    return [
      `${row.operation}: ${is} (${row.same} of ${row.exchanges}), was ${was} (${former.same}): ${row.differences.join('; ')}`,
    ];
  });
}

export function render(rows: Row[]): string {
  const total = (count: (row: Row) => number) => rows.reduce((sum, row) => sum + count(row), 0);
  const lines = rows.map((row) => {
    const verdict = verdictOf(row);
    const why = verdict === NOT_IMPLEMENTED ? reasonNotPlayed(row.operation) : undefined;
    const plain = why === undefined ? verdict : `${verdict} (${why})`;
    const how =
      verdict === 'differs'
        ? `differs: ${row.differences.map((one) => explain(one, row.operation)).join('; ')}`
        : plain;
    const called = CALLED_BY_KILN.has(row.operation) ? 'yes' : '';
    return `| ${row.operation} | ${called} | ${row.exchanges} | ${row.same} | ${how.replaceAll('|', '\\|')} |`;
  });
  return `# Held to the real Azure

Recorded traffic of the real Azure is replayed against the local Azure, in order, and each answer is compared: status,
async and rate headers, states of operations, keys, types and values, error codes and targets. Ids, times, addresses
and free text are of the moment and are not compared. An operation's polls and its result count with it. Where traffic was
written down by hand, what was left out is not compared. Image templates are asked of the gateway before the local Azure,
with a worker that really builds, on simulated machines.

\`npm test -- parity\` checks that nothing here becomes worse; \`npm run parity\` writes the table anew.

${total(({ exchanges }) => exchanges)} exchanges of ${rows.length} operations: ${total(({ same }) => same)} are the same.

<!-- prettier-ignore -->
| operation | Kiln calls it | exchanges | same | verdict |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}

function explain(difference: string, operation: string): string {
  const reason = reasonFor(difference, operation);
  const code = `\`${difference.replace(/\\/g, '')}\``;
  return reason === undefined ? code : `${code} (${reason})`;
}

export function writeTable(rows: Row[]): void {
  writeFileSync(TABLE, render(rows));
}

/** The committed rows; what differs is read back as text only. */
export function readTable(): Row[] {
  const lines = readFileSync(TABLE, 'utf8')
    .split('\n')
    .filter((line) => /^\| [A-Z]+ /.test(line));
  return lines.map((line) => {
    const [, operation = '', , exchanges = '0', same = '0', verdict = ''] = line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    return {
      operation,
      exchanges: Number(exchanges),
      same: Number(same),
      differences:
        verdict === 'same'
          ? []
          : [verdict.startsWith(NOT_IMPLEMENTED) ? NOT_IMPLEMENTED : verdict.replace(/^differs: /, '')],
    };
  });
}
