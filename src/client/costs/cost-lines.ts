/** An estimate as a person reads it: each figure with what it is of and what it assumes. Pure. */
import { columns } from '../columns.ts';
import type { Estimate } from './estimate.ts';

/** What several figures assume is said once, below them, by a number. */
export function costLines({ lines, currency, date, source }: Estimate, width: number): string[] {
  const all = lines.flatMap(({ assumes }) => assumes);
  const shared = [...new Set(all)].filter((one) => all.indexOf(one) !== all.lastIndexOf(one));
  const said = (assumes: string[]): string => {
    const numbers = assumes.flatMap((one) => (shared.includes(one) ? [`[${shared.indexOf(one) + 1}]`] : []));
    return [assumes.filter((one) => !shared.includes(one)).join('; '), ...numbers].join(' ');
  };
  const rows = lines.map(({ amount, when, what, assumes }) => [
    amount === undefined ? 'no price' : `${money(amount)}${when === 'monthly' ? ' a month' : ''}`,
    what,
    said(assumes),
  ]);
  const notes = shared.map((one, at) => [`[${at + 1}]`, one]);
  const prices = ['', `prices in ${currency} of ${date}: ${source}`];
  return [...columns(rows, { width, whole: [0] }), ...columns([...notes, prices], { width, whole: [0] })];
}

/** The sums, and what is not in them. */
export function costTitle({ once, monthly, currency, unpriced }: Estimate): string {
  const without = unpriced.length === 0 ? '' : `, without ${unpriced.join(', ')}`;
  return `costs, about ${money(once)} ${currency} once and ${money(monthly)} ${currency} a month for what is kept${without}`;
}

/** Small amounts with as many digits as say something. */
export function money(amount: number): string {
  if (amount === 0) return '0';
  if (amount < 0.0001) return '< 0.0001';
  return amount.toFixed(amount < 0.1 ? 4 : 2);
}
