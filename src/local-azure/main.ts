/**
 * `node src/local-azure/main.ts --state-dir DIR --cache-dir DIR [--port 0] [--blob-port 0] [--profile quick]
 * [--time-factor 1] [--limits on|off] [--machine auto] [--traffic FILE]`. Logs JSON lines to stderr; SIGTERM and SIGINT
 * end it cleanly. To the file each request is added with its answer, a line of JSON each; LOCAL_AZURE_TRAFFIC names it too.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import type { Exchange, LocalAzureOptions, Logger } from './core.ts';
import { startLocalAzure } from './server.ts';

const USAGE =
  'usage: main.ts --state-dir DIR --cache-dir DIR [--port N] [--blob-port N] ' +
  '[--profile instant|quick|recorded] [--time-factor N] [--limits on|off] [--machine auto|sandbox|simulated] ' +
  '[--traffic FILE]';

const { options, problems } = readOptions();
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n${USAGE}\n`);
  process.exit(2);
}
const pinoLog = pino({ name: 'local-azure' }, pino.destination({ dest: 2, sync: true }));
const log: Logger = {
  info: (message, fields) => pinoLog.info(fields ?? {}, message),
  warn: (message, fields) => pinoLog.warn(fields ?? {}, message),
  error: (message, fields) => pinoLog.error(fields ?? {}, message),
};
try {
  const azure = await startLocalAzure({ ...options, log });
  const { endpoint, blobEndpoint, machine, profile } = azure.connection;
  log.info('listening', { endpoint, blobEndpoint, machine, profile });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      azure.close().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error('could not close cleanly', { err: error });
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  log.error('could not start', { err: error });
  process.exit(1);
}

function readOptions(): { options: Omit<LocalAzureOptions, 'log'>; problems: string[] } {
  const { values } = parseArgs({
    options: {
      'state-dir': { type: 'string', default: '' },
      'cache-dir': { type: 'string', default: '' },
      port: { type: 'string', default: '0' },
      'blob-port': { type: 'string', default: '0' },
      profile: { type: 'string', default: 'quick' },
      'time-factor': { type: 'string', default: '1' },
      limits: { type: 'string' },
      machine: { type: 'string', default: 'auto' },
      traffic: { type: 'string', default: process.env['LOCAL_AZURE_TRAFFIC'] ?? '' },
    },
  });
  const found: string[] = [];
  const oneOf = <T extends string>(name: string, value: string, allowed: readonly [T, ...T[]]): T => {
    const choice = allowed.find((candidate) => candidate === value);
    if (choice === undefined) {
      found.push(`--${name}: expected one of ${allowed.join(', ')}, got '${value}'`);
    }
    return choice ?? allowed[0];
  };
  const port = (name: 'port' | 'blob-port') => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 0 || number > 65535) {
      found.push(`--${name}: expected a port from 0 to 65535, got '${values[name]}'`);
    }
    return number;
  };
  for (const name of ['state-dir', 'cache-dir'] as const) {
    if (values[name] === '') {
      found.push(`--${name}: expected a folder`);
    }
  }
  const timeFactor = Number(values['time-factor']);
  if (!(timeFactor > 0)) {
    found.push(`--time-factor: expected a number above 0, got '${values['time-factor']}'`);
  }
  return {
    options: {
      stateDir: values['state-dir'],
      cacheDir: values['cache-dir'],
      port: port('port'),
      blobPort: port('blob-port'),
      profile: oneOf('profile', values.profile, ['quick', 'instant', 'recorded']),
      timeFactor,
      ...(values.limits === undefined ? {} : { limits: oneOf('limits', values.limits, ['on', 'off']) }),
      machine: oneOf('machine', values.machine, ['auto', 'sandbox', 'simulated']),
      ...(values.traffic === '' ? {} : { observe: writeTo(values.traffic) }),
    },
    problems: found,
  };
}

/** Written at once, so that nothing of it is lost when this process is killed. */
function writeTo(file: string): (exchange: Exchange) => void {
  return (exchange) => appendFileSync(file, `${JSON.stringify(exchange)}\n`, { mode: 0o600 });
}
