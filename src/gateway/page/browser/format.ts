/** Times, sizes and states as people read them. */
import { h } from './dom.ts';

const WORDS: Record<string, string> = {
  PartiallySucceeded: 'Partly succeeded',
  TimedOut: 'Timed out',
  CopyingSource: 'Copying the source',
  CreatingMachine: 'Creating the machine',
  CleaningUp: 'Cleaning up',
  Checking: 'Checking the plan',
};

export const wordOf = (state: string): string => WORDS[state] ?? state;

type Tone = 'good' | 'bad' | 'busy' | 'warn' | 'calm';

const TONES: Record<string, Tone> = {
  Succeeded: 'good',
  Failed: 'bad',
  TimedOut: 'bad',
  Terminated: 'bad',
  PartiallySucceeded: 'warn',
  Running: 'busy',
  Replicating: 'busy',
  Canceling: 'busy',
  Creating: 'busy',
  Updating: 'busy',
  Deleting: 'busy',
};

const MARKS: Record<Tone, string> = { good: '✓', bad: '✕', busy: '●', warn: '!', calm: '–' };

export const toneOf = (state: string): Tone => TONES[state] ?? 'calm';

/** @param words instead of the state's own, as the stage of a run that is under way */
export function badge(state: string, words = wordOf(state)): HTMLElement {
  const tone = toneOf(state);
  return h('span', { class: `badge ${tone}` }, h('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[tone]), words);
}

export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds > 0 && seconds < 0.1) return '< 0.1 s';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export function relative(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return seconds <= 0 ? 'just now' : 'in less than a minute';
  if (size < 45 * 60) return ago.format(Math.round(seconds / 60), 'minute');
  if (size < 22 * 3600) return ago.format(Math.round(seconds / 3600), 'hour');
  return ago.format(Math.round(seconds / 86_400), 'day');
}

/** How long ago or ahead, with the exact time for who wants it. */
export const when = (time: string): HTMLElement =>
  h('time', { datetime: time, title: exact.format(new Date(time)) }, relative(time));

export function bytes(count: number): string {
  if (count < 1024) return `${count} bytes`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(0)} KB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}
