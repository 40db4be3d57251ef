/** Copies what is beside it. */
import { h } from './dom.ts';

export function copyButton(value: string, what: string): HTMLElement {
  return h(
    'button',
    { type: 'button', class: 'copy', 'data-do': 'copy', 'data-value': value, 'aria-label': `Copy the ${what}` },
    'Copy',
  );
}
