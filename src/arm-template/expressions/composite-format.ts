/** .NET's composite format, which `format()` has: `{0}`, `{0,5}`, `{0:N0}`, `{0:0000}`, `{{`. */
import { ExpressionError } from './expression-error.ts';
import { formatNumber } from './number-format.ts';
import { string } from './values.ts';

export function format(text: string, args: unknown[]): string {
  return text.replaceAll(
    /\{\{|\}\}|\{(\d{1,4}) *(?:, *(-?\d{1,4}) *)?(?::([^{}]*))?\}|[{}]/g,
    (whole, index?: string, width?: string, style?: string) => {
      if (whole === '{{' || whole === '}}') return whole.charAt(0);
      if (index === undefined) throw new ExpressionError(`there is a single ${whole} in the text: write it twice`);
      if (Number(index) >= args.length) throw new ExpressionError(`${whole} has no argument`);
      const plain = shown(args[Number(index)], style ?? '');
      const room = Number(width ?? 0);
      return room < 0 ? plain.padEnd(-room) : plain.padStart(room);
    },
  );
}

/** Only numbers have a style of their own: what else is there is shown as it is, whatever the style. */
function shown(value: unknown, style: string): string {
  if (typeof value === 'number') return style === '' ? string(value) : formatNumber(value, style);
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : string(value);
}
