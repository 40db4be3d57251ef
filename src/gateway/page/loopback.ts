/**
 * The page by plain http, for the browser on this very machine: under the local Azure's certificate it would begin with a
 * warning. Nothing else of the gateway is served so. A name that leads here by somebody else's doing is turned away.
 */
import { Hono } from 'hono';

const OURS = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;

export function createLoopbackApp(page: Hono): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    if (!OURS.test(c.req.header('host') ?? '')) return c.text('This address is for the browser on this machine.', 421);
    return next();
  });
  app.route('/', page);
  return app;
}
