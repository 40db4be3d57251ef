/**
 * Times as Microsoft.Compute writes them, to a tenth of a microsecond: `2026-01-02T03:04:05.6781234+00:00`. A clock here
 * tells milliseconds; the rest is made up, the same each time, so that clients meet as many digits as Azure's have.
 */
export function azureTime(time: Date | string): string {
  const date = typeof time === 'string' ? new Date(time) : time;
  const more = 1000 + (date.getTime() % 8999);
  return date.toISOString().replace(/Z$/, `${more}+00:00`);
}
