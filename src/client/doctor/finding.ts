/** What the doctor looked at, as one line for a person. */
export interface Finding {
  area: string;
  check: string;
  /** `missing` keeps a build from passing; `note` does not, and is worth knowing. */
  state: 'ok' | 'note' | 'missing';
  found: string;
  /** What a person can do about it, a command where there is one. */
  todo?: string;
}

/** Findings of one area, by check and state. */
export const findingsOf =
  (area: string) =>
  (check: string, state: Finding['state'], found: string, todo?: string): Finding => ({
    area,
    check,
    state,
    found,
    ...(todo === undefined ? {} : { todo }),
  });

/** The first line of what went wrong, without the stack that the SDKs put into messages. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n')[0] ?? '';
}
