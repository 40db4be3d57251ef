/** Where something stands in a person's files, and what is wrong with it there. */

export interface Place {
  file: string;
  /** From 1. */
  line: number;
}

export const placeText = ({ file, line }: Place): string => `${file}:${line}`;

export interface Problem {
  place: Place;
  message: string;
}

/** A file that cannot be read as it is. */
export class PackerError extends Error {
  override readonly name = 'PackerError';
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super(problems.map(({ place, message }) => `${placeText(place)}: ${message}`).join('\n'));
    this.problems = problems;
  }
}
