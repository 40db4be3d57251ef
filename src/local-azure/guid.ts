import { createHash } from 'node:crypto';

/** The same identity has the same ids after it was deleted and made again: handy here, and nothing depends on it. */
export function guidFrom(text: string): string {
  const hex = createHash('sha256').update(text.toLowerCase()).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
