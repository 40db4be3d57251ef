/** Times as Temporal's protocol has them. */
import type { google } from '@temporalio/proto';

/** ISO 8601; the beginning of 1970 for none. */
export function dateOf(time: google.protobuf.ITimestamp | null | undefined): string {
  return new Date(Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();
}
