/** Ranges of addresses in CIDR form, of either version. */
import { isIPv4, isIPv6 } from 'node:net';
import { ArmError } from '../../core.ts';

export interface IpRange {
  version: 'IPv4' | 'IPv6';
  first: bigint;
  last: bigint;
}

/** Throws ArmError 400 InvalidAddressPrefixFormat. */
export function parseRange(cidr: string): IpRange {
  const [text = '', length = ''] = cidr.split('/');
  const bits = isIPv4(text) ? 32 : 128;
  const misfit = !(isIPv4(text) || isIPv6(text)) || !/^\d{1,3}$/.test(length) || Number(length) > bits;
  if (misfit || cidr.split('/').length !== 2) {
    throw new ArmError(
      400,
      'InvalidAddressPrefixFormat',
      `Address prefix '${cidr}' is not formatted correctly: expected CIDR notation such as 10.0.0.0/24.`,
    );
  }
  const size = 1n << BigInt(bits - Number(length));
  const address = numberOf(text);
  const first = address - (address % size);
  return { version: bits === 32 ? 'IPv4' : 'IPv6', first, last: first + size - 1n };
}

export function contains(outer: IpRange, inner: IpRange): boolean {
  return outer.version === inner.version && outer.first <= inner.first && inner.last <= outer.last;
}

export const overlap = (one: IpRange, other: IpRange): boolean =>
  one.version === other.version && one.first <= other.last && other.first <= one.last;

export const includes = (range: IpRange, address: string): boolean =>
  (isIPv4(address) || isIPv6(address)) && contains(range, parseRange(`${address}/${isIPv4(address) ? 32 : 128}`));

/** Addresses of the range that are not taken, lowest first; Azure keeps the first four and the last for itself. */
export function freeIn(range: IpRange, taken: Set<string>, count: number): string[] {
  const free: string[] = [];
  for (let address = range.first + 4n; address < range.last && free.length < count; address += 1n) {
    const text = written(address, range.version);
    if (!taken.has(text)) free.push(text);
  }
  return free;
}

/** How many addresses of the range can be given. */
export const usable = ({ first, last }: IpRange): number => Math.max(0, Number(last - first + 1n) - 5);

export const addressIn = ({ first, version }: IpRange, at: number): string => written(first + BigInt(at), version);

/** Begins with its own first address, whatever was sent. */
export function inItsOwnForm(cidr: string): string {
  const range = parseRange(cidr);
  return `${written(range.first, range.version)}/${cidr.split('/').at(-1)}`;
}

function numberOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter(Boolean);
  const after = tail === undefined ? [] : groups(tail);
  const before = groups(head);
  const between = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...between, ...after].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

function written(address: bigint, version: IpRange['version']): string {
  const parts = (count: number, bits: bigint): bigint[] =>
    Array.from({ length: count }, (_, index) => (address >> (bits * BigInt(count - 1 - index))) & ((1n << bits) - 1n));
  if (version === 'IPv4') return parts(4, 8n).join('.');
  const long = parts(8, 16n)
    .map((group) => group.toString(16))
    .join(':');
  // In its short form, as everybody writes it.
  return new URL(`http://[${long}]/`).hostname.slice(1, -1);
}
