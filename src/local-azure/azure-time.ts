/** Times as Microsoft.Compute writes them: `2026-01-02T03:04:05.678+00:00`. */
export function azureTime(time: Date | string): string {
  return (typeof time === 'string' ? time : time.toISOString()).replace(/Z$/, '+00:00');
}
