/** What became of a Packer file, line by line: nothing that stands in it is left out of template and report both. */
import { placeText } from './place.ts';
import type { Place, Problem } from './place.ts';

/**
 * `refused`: would have done something, and is not done. `lost`: a setting without a counterpart. `changed`: done in
 * another way. `needless`: says how Packer reaches Azure and the machine, which is no part of a template.
 */
export type Fate = 'refused' | 'lost' | 'changed' | 'needless';

export interface ReportLine {
  fate: Fate;
  place: Place;
  /** As in `azure-arm.keep_os_disk`. */
  what: string;
  why: string;
}

const FATES: Fate[] = ['refused', 'lost', 'changed', 'needless'];
const TITLES: Record<Fate, string> = {
  refused: 'refused: not part of the template',
  lost: 'lost: no counterpart',
  changed: 'changed: the same in another way',
  needless: 'needless: no part of a template',
};

export class Report {
  readonly #lines = new Map<string, ReportLine>();
  /** Whether anything does. */
  asksForTime = false;
  readonly #problems = new Map<string, Problem>();

  add(fate: Fate, place: Place, what: string, why: string): void {
    this.#lines.set(`${fate} ${placeText(place)} ${what} ${why}`, { fate, place, what, why });
  }

  /** Packer would compute it anew in each build. */
  moment(place: Place, what: string, call: string): void {
    this.asksForTime = true;
    this.add('changed', place, what, `${call} is a parameter of the template where it is a usual date`);
  }

  problem(place: Place, message: string): void {
    this.#problems.set(`${placeText(place)} ${message}`, { place, message });
  }

  get problems(): Problem[] {
    return [...this.#problems.values()].toSorted(byPlace);
  }

  get lines(): ReportLine[] {
    return [...this.#lines.values()].toSorted(
      (left, right) => FATES.indexOf(left.fate) - FATES.indexOf(right.fate) || byPlace(left, right),
    );
  }

  /** For a person; a title before each kind. */
  text(): string {
    const { lines } = this;
    return FATES.flatMap((fate) => {
      const own = lines.filter((line) => line.fate === fate);
      if (own.length === 0) return [];
      return [TITLES[fate], ...own.map(({ place, what, why }) => `  ${placeText(place)}: ${what}: ${why}`)];
    }).join('\n');
  }
}

function byPlace(left: { place: Place }, right: { place: Place }): number {
  return left.place.file.localeCompare(right.place.file) || left.place.line - right.place.line;
}
