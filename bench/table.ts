/** The bench's one table: what was measured, what is aimed at, and whether it was reached. */

interface Row {
  name: string;
  value: string;
  aim?: string;
  met?: boolean;
  raw: object;
}

export class Table {
  readonly rows: Row[] = [];

  add(name: string, value: string, raw: object, aim?: [text: string, met: boolean]): void {
    process.stderr.write(`${name}: ${value}\n`);
    this.rows.push({ name, value, raw, ...(aim === undefined ? {} : { aim: aim[0], met: aim[1] }) });
  }

  text(): string {
    const cells = this.rows.map(({ name, value, aim = '', met }) => [
      name,
      value,
      aim,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ]);
    const all = [['measured', 'value', 'aim', ''], ...cells];
    const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
    return all
      .map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  }
}
