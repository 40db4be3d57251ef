/** What is wrong with a plan, gathered so that a person mends all of it at once. */
import { failure } from '../azure/errors.ts';

export class Problems {
  readonly #found: Array<{ path: string; message: string }> = [];

  /** @param path JSON path into the template, as in `properties.distribute[0].galleryImageId`; empty for what the template is not at fault for */
  add(path: string, message: string): void {
    this.#found.push({ path, message });
  }

  /** @throws InvalidPlan with every problem as detail */
  throwIfAny(): void {
    if (this.#found.length === 0) return;
    // Checks run beside each other; the order in which they end is not for people.
    const problems = this.#found.toSorted((left, right) => left.path.localeCompare(right.path));
    const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    throw failure('InvalidPlan', `the template cannot be built:\n${lines.join('\n')}`, { problems });
  }
}
