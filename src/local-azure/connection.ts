/** `<stateDir>/connection.json`: how clients find the server, and how a restart finds its former ports. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { LocalAzureConnection } from './core.ts';

const fileOf = (stateDir: string) => join(stateDir, 'connection.json');

export async function readConnection(stateDir: string): Promise<LocalAzureConnection | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(stateDir), 'utf8')) as LocalAzureConnection;
  } catch {
    // None yet, or half of one from a full disk: the ports are then chosen afresh.
    return undefined;
  }
}

/** Renamed into place, so that a reader never sees half of it. It holds the client's secret: for the owner's eyes. */
export async function writeConnection(stateDir: string, connection: LocalAzureConnection): Promise<void> {
  const file = fileOf(stateDir);
  await writeFile(`${file}.new`, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** The port asked for; for 0 the former one while it is free, else 0. */
export async function choosePort(asked: number, formerUrl: string | undefined): Promise<number> {
  const former = formerUrl === undefined ? 0 : Number(new URL(formerUrl).port);
  return asked === 0 && former !== 0 && (await isFree(former)) ? former : asked;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
