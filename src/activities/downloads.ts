/** Scripts and files by address: what a template names, fetched as a stream, never held whole. */
import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { failure } from '../azure/errors.ts';
import type { PlannedCustomizer } from '../template/build-plan.ts';

/** @throws DownloadFailed; not retryable where the server says that the address is wrong. */
export async function openDownload(uri: string, signal?: AbortSignal): Promise<Readable> {
  let response: Response;
  try {
    response = await fetch(uri, signal === undefined ? {} : { signal });
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw failure('DownloadFailed', `download ${uri}: ${reason}`, undefined, cause);
  }
  if (!response.ok || response.body === null) {
    throw failure('DownloadFailed', `download ${uri}: expected 200, got ${response.status} ${response.statusText}`);
  }
  return Readable.fromWeb(response.body as ReadableStream);
}

/** Passes bytes on and knows their sha256 at the end. */
export function hashing(): { through: Transform; digest: () => string } {
  const hash = createHash('sha256');
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { through, digest: () => hash.digest('hex') };
}

/** sha256 (lower-case hex) of what is at the address. */
export async function digestOf(uri: string): Promise<string> {
  const { through, digest } = hashing();
  await pipeline(await openDownload(uri), through, async (bytes) => {
    for await (const _chunk of bytes) void _chunk;
  });
  return digest();
}

/**
 * Packer's semantics for inline lines, which Image Builder has: one script, which in a shell stops at the first failing
 * line. Windows PowerShell takes a file for the machine's old code page unless its first character says UTF-8.
 */
export function inlineScript(type: 'Shell' | 'PowerShell', lines: string[]): string {
  return type === 'Shell' ? ['#!/bin/sh -e', ...lines, ''].join('\n') : `\uFEFF${[...lines, ''].join('\r\n')}`;
}

/** The address that a step's content comes from; undefined for inline scripts. */
export function sourceUri(step: PlannedCustomizer): string | undefined {
  if (step.type === 'File') return step.sourceUri;
  return 'script' in step && step.script.from === 'uri' ? step.script.uri : undefined;
}

/** Where the client puts a file that is too large for the plan, in container `files` of the staging account. */
export const sentBlob = (sha256: string): string => `sent/${sha256}`;

export function expectedDigest(step: PlannedCustomizer): string | undefined {
  if (step.type === 'File') return step.sha256;
  return 'script' in step && step.script.from === 'uri' ? step.script.sha256 : undefined;
}
