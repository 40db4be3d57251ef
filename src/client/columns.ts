/** Text in columns that fit a given width: what is too long goes on below, or is cut where a column says so. Pure. */

export interface ColumnOptions {
  width: number;
  /** Spaces before the first column. */
  indent?: number;
  /** Columns of which the first line is enough, from 0. */
  cut?: number[];
  /** Columns that stay whole as long as the others can give room. */
  whole?: number[];
}

const GAP = 2;
const NARROWEST = 8;

/** Rows of one table; a row may have fewer cells than others. */
export function columns(rows: string[][], { width, indent = 2, cut = [], whole = [] }: ColumnOptions): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const natural = Array.from({ length: count }, (_, at) => Math.max(0, ...rows.map((row) => plain(row[at]).length)));
  const widths = narrowed(natural, width - indent - GAP * (count - 1), cut, whole);
  return rows.flatMap((row) => {
    const cells = widths.map((room, at) => {
      const text = plain(row[at]);
      return cut.includes(at) ? [shorten(text, room)] : wrap(text, room);
    });
    const height = Math.max(1, ...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) => {
      const parts = cells.map((cell, at) => (cell[line] ?? '').padEnd(widths[at] ?? 0));
      return `${' '.repeat(indent)}${parts.join(' '.repeat(GAP))}`.trimEnd();
    });
  });
}

/** On one line, without what would move the cursor. */
function plain(text = ''): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}

export function shorten(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
}

/** Takes from the widest until all fit: first from those that may be cut. */
function narrowed(natural: number[], room: number, cut: number[], whole: number[]): number[] {
  const widths = natural.map((one) => Math.min(one, room));
  const all = [...widths.keys()];
  const takeFrom = (candidates: number[], least: number): void => {
    let over = widths.reduce((sum, one) => sum + one, 0) - room;
    while (over > 0) {
      const [widest] = candidates.toSorted((left, right) => (widths[right] ?? 0) - (widths[left] ?? 0));
      const now = widest === undefined ? 0 : (widths[widest] ?? 0);
      if (widest === undefined || now <= least) return;
      widths[widest] = now - 1;
      over--;
    }
  };
  takeFrom(cut, 3 * NARROWEST);
  takeFrom(
    all.filter((at) => !whole.includes(at)),
    2 * NARROWEST,
  );
  takeFrom(all, NARROWEST);
  return widths;
}

/** At spaces, after slashes, and anywhere where there are none. */
function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room);
    const slash = rest.lastIndexOf('/', room - 1) + 1;
    const at = space > 0 ? space : slash > 1 ? slash : Math.max(1, room);
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
