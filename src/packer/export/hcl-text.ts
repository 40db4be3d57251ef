/** HCL as text: attributes in columns, texts that neither HCL nor Packer's `{{ }}` take for anything but themselves. */

/** Stands as it is, as a reference does. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface Block {
  type: string;
  labels?: string[];
  /** Those that are undefined are left out. */
  attributes: Record<string, unknown>;
  blocks?: Block[];
}

export function blockLines({ type, labels = [], attributes, blocks = [] }: Block): string[] {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const lines = attributeLines(given);
  const inner = blocks.flatMap((block, index) => [
    ...(index > 0 || lines.length > 0 ? [''] : []),
    ...blockLines(block),
  ]);
  const head = [type, ...labels.map((label) => JSON.stringify(label))].join(' ');
  if (lines.length + inner.length === 0) return [`${head} {}`];
  return [`${head} {`, ...[...lines, ...inner].map((line) => (line === '' ? '' : `  ${line}`)), '}'];
}

/** As `packer fmt` has them: values of one line that follow each other stand below each other. */
function attributeLines(attributes: Array<[name: string, value: unknown]>): string[] {
  const runs: Array<Array<{ name: string; value: string[] }>> = [];
  for (const [name, value] of attributes) {
    const one = { name, value: valueLines(value) };
    const former = runs.at(-1);
    if (one.value.length === 1 && former !== undefined && former.at(-1)?.value.length === 1) former.push(one);
    else runs.push([one]);
  }
  return runs.flatMap((run) => {
    const width = Math.max(...run.map(({ name }) => name.length));
    return run.flatMap(({ name, value: [first = '', ...rest] }) => [`${name.padEnd(width)} = ${first}`, ...rest]);
  });
}

function valueLines(value: unknown): string[] {
  if (value instanceof Raw) return [value.text];
  if (typeof value === 'string') return [quoted(value)];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => valueLines(item).join(' '));
    const short = `[${items.join(', ')}]`;
    return short.length <= 100 ? [short] : ['[', ...items.map((item) => `  ${item},`), ']'];
  }
  const entries = Object.entries(value as object).map(([key, item]): [string, unknown] => [
    /^[A-Za-z_][\w-]*$/.test(key) ? key : quoted(key),
    item,
  ]);
  return ['{', ...attributeLines(entries).map((line) => `  ${line}`), '}'];
}

function quoted(text: string): string {
  const escaped = JSON.stringify(text).replaceAll(/\\[bf]/g, (found) => (found === '\\b' ? '\\u0008' : '\\u000c'));
  return escaped
    .replaceAll('${', () => '$${')
    .replaceAll('%{', '%%{')
    .replaceAll('{{', '{{`{{`}}');
}

/** Of which Packer itself is to fill `{{ }}`. */
export const packerText = (text: string): Raw =>
  new Raw(
    JSON.stringify(text)
      .replaceAll('${', () => '$${')
      .replaceAll('%{', '%%{'),
  );
