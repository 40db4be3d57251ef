/**
 * Numbers as .NET's format strings write them, without regard to a country. Microsoft documents `format()` by .NET's own
 * pages and by one example, `{0:N0}`; what looks different from one country to another (`C`, `P`) is refused.
 */
import { ExpressionError } from './expression-error.ts';

const MAX_DIGITS = 99;

/** @throws ExpressionError for a style that is none, or that has no meaning for this number */
export function formatNumber(value: number, style: string): string {
  const standard = /^([A-Za-z])(\d{0,3})$/.exec(style);
  if (standard === null) return custom(value, style);
  const [, letter = '', digits] = standard;
  const precision = digits === '' ? undefined : Number(digits);
  if ((precision ?? 0) > MAX_DIGITS) throw new ExpressionError(`the format ${style} asks for too many digits`);
  const work = STANDARD.get(letter.toUpperCase());
  if (work === undefined) {
    throw new ExpressionError(
      `the format ${style} is not supported: only D, E, F, G, N, X and digits such as #,##0.00 are`,
    );
  }
  return work(value, precision, letter);
}

const STANDARD = new Map<string, (value: number, precision: number | undefined, letter: string) => string>([
  ['D', (value, precision = 0) => signed(value, String(Math.abs(whole(value))).padStart(precision, '0'))],
  ['F', (value, precision = 2) => signed(value, fixed(value, precision))],
  ['N', (value, precision = 2) => signed(value, grouped(fixed(value, precision)))],
  ['G', (value, precision) => (precision === undefined ? String(value) : String(Number(value.toPrecision(precision))))],
  [
    'E',
    (value, precision = 6, letter) => {
      const [mantissa = '', exponent = ''] = value.toExponential(precision).split('e');
      return `${mantissa}${letter}${exponent.charAt(0)}${exponent.slice(1).padStart(3, '0')}`;
    },
  ],
  [
    'X',
    (value, precision = 0, letter) => {
      // Whole numbers have 64 bits in a deployment, and a negative one is shown by its complement.
      const text = BigInt.asUintN(64, BigInt(whole(value)))
        .toString(16)
        .padStart(precision, '0');
      return letter === 'X' ? text.toUpperCase() : text;
    },
  ],
]);

/** Places of digits: `0` is always shown, `#` only where there is a digit; a comma between them groups by thousands. */
function custom(value: number, style: string): string {
  const [, before = '', places = '', point = '', after = ''] =
    /^([^0#.,]*)([0#,]*[0#]|)((?:\.[0#]+)?)([^0#.,]*)$/.exec(style) ?? [];
  if (places + point === '' || /[;%‰eE\\'"]/.test(before + after)) {
    throw new ExpressionError(`the format ${style} is not supported: expected digits such as 0000 or #,##0.00`);
  }
  const decimals = point.slice(1);
  const [digits = '', fraction = ''] = fixed(value, decimals.length).split('.');
  const always = places.replaceAll(/^[#,]*|,/g, '').length;
  const shown = (digits === '0' && always === 0 ? '' : digits).padStart(always, '0');
  const kept = fraction.replace(new RegExp(`0{0,${/#*$/.exec(decimals)?.[0].length ?? 0}}$`), '');
  const number = (places.includes(',') ? grouped(shown) : shown) + (kept === '' ? '' : `.${kept}`);
  return signed(value, before + number + after);
}

/** Without a sign; a number that is rounded to nothing has none. */
const fixed = (value: number, digits: number): string => Math.abs(value).toFixed(digits);

const signed = (value: number, text: string): string => (value < 0 && /[1-9]/.test(text) ? `-${text}` : text);

const grouped = (text: string): string => text.replace(/^\d+/, (digits) => digits.replaceAll(/\B(?=(\d{3})+$)/g, ','));

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new ExpressionError(`expected a whole number, got ${value}`);
  return value;
}
