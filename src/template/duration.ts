/** Durations as Image Builder writes them: magnitude and unit, as in `5m`, `2h` or `1h30m`. */

const SECONDS: Record<string, number> = { h: 3600, m: 60, s: 1 };

/** Seconds; undefined for what is no duration, or one of no length. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,6}[hms])+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+)([hms])/g);
  const seconds = [...parts].reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
  return seconds === 0 ? undefined : seconds;
}

/** The shortest text that `parseDuration` reads as so many seconds. */
export function formatDuration(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
