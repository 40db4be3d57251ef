/** What a service says to people in its log, out of much that is for its keepers. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** Passes on each new line for people when called; begins at the log's present end. */
export function follow(file: string, say: (line: string) => void): () => void {
  let at = sizeOf(file);
  return () => {
    const bytes = readFrom(file, at);
    const end = bytes.lastIndexOf(10) + 1;
    at += end;
    for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) {
      const message = messageOf(line);
      if (message !== undefined && /install|making|simulated|stood in/.test(message)) say(message);
    }
  };
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function readFrom(file: string, at: number): Buffer {
  const length = sizeOf(file) - at;
  if (length <= 0) return Buffer.alloc(0);
  const bytes = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(handle, bytes, 0, length, at));
  } finally {
    closeSync(handle);
  }
}

function messageOf(line: string): string | undefined {
  try {
    const { msg } = JSON.parse(line) as { msg?: string };
    return msg;
  } catch {
    return undefined;
  }
}

/** The same, collected until asked for. */
export function newsOf(file: string): () => string[] {
  const lines: string[] = [];
  const read = follow(file, (line) => void lines.push(line));
  return () => {
    read();
    return lines.splice(0);
  };
}
