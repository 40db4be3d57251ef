/** Server-sent events: frames as they come, a comment now and then so that nobody in between closes what is quiet. */
import type { Frame } from './topics.ts';

const QUIET_MS = 15_000;

/** @param until when the session of whoever listens ends, in milliseconds since 1970 */
export function eventStream(frames: (signal: AbortSignal) => AsyncGenerator<Frame>, until: number): Response {
  const controller = new AbortController();
  const encoder = new TextEncoder();
  const quiet = setInterval(() => {
    if (Date.now() > until) controller.abort();
  }, QUIET_MS);
  const end = (): void => {
    clearInterval(quiet);
    controller.abort();
  };
  const source = lines(frames(controller.signal), controller.signal);
  const body = new ReadableStream<Uint8Array>({
    async pull(stream) {
      const { value, done } = await source.next();
      if (done === true) {
        end();
        stream.close();
      } else stream.enqueue(encoder.encode(value));
    },
    cancel: end,
  });
  return new Response(body, {
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  });
}

async function* lines(frames: AsyncGenerator<Frame>, signal: AbortSignal): AsyncGenerator<string> {
  yield 'retry: 1000\n\n';
  let broken = false;
  const take = (): Promise<IteratorResult<Frame>> =>
    frames.next().catch((error: unknown) => {
      broken = true;
      const message = error instanceof Error ? error.message : String(error);
      return { value: { event: 'trouble', data: { message } } };
    });
  let next = take();
  for (;;) {
    const quiet = Promise.withResolvers<'quiet'>();
    const timer = setTimeout(() => quiet.resolve('quiet'), QUIET_MS);
    const got = await Promise.race([next, quiet.promise]);
    clearTimeout(timer);
    if (got === 'quiet') yield ': still here\n\n';
    else if (got.done === true) break;
    else {
      // JSON has no line breaks of its own.
      yield `event: ${got.value.event}\ndata: ${JSON.stringify(got.value.data)}\n\n`;
      next = take();
    }
  }
  // Told, or the browser would come again and again for what has come to its end; for what broke it shall.
  if (!signal.aborted && !broken) yield 'event: end\ndata: {}\n\n';
}
