/** Each image template of a file is a run of its own. */
import { createHash } from 'node:crypto';

const MAX_LENGTH = 40;

/**
 * One id a template: the given one where there is only one template, else one that ends in the template's name, or in
 * its number and a hash where that would be too long or not its alone.
 */
export function runIdsFor(runId: string, names: string[]): string[] {
  if (names.length === 1) return [runId];
  const wanted = names.map((name) => `${runId}-${slugOf(name)}`);
  return wanted.map((id, index) => {
    const alone = wanted.filter((other) => other === id).length === 1;
    if (alone && id.length <= MAX_LENGTH && !id.endsWith('-')) return id;
    const hash = createHash('sha256').update(`${runId}/${names[index]}/${index}`).digest('hex').slice(0, 8);
    const end = `-${index + 1}-${hash}`;
    return `${runId.slice(0, MAX_LENGTH - end.length)}${end}`;
  });
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
