/** IPv4 ranges in CIDR form. */
import { ArmError } from '../../core.ts';

export interface IpRange {
  first: number;
  last: number;
}

/** Throws ArmError 400 InvalidAddressPrefixFormat. */
export function parseRange(cidr: string): IpRange {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const numbers = (match ?? []).slice(1).map(Number);
  const length = numbers[4] ?? 33;
  if (match === null || length > 32 || numbers.slice(0, 4).some((part) => part > 255)) {
    throw new ArmError(
      400,
      'InvalidAddressPrefixFormat',
      `Address prefix '${cidr}' is not formatted correctly: expected CIDR notation such as 10.0.0.0/24.`,
    );
  }
  const address = numbers.slice(0, 4).reduce((sum, part) => sum * 256 + part, 0);
  const size = 2 ** (32 - length);
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}

export function contains(outer: IpRange, inner: IpRange): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** The first address of the range that is not taken; Azure keeps the first four and the last for itself. */
export function firstFree(range: IpRange, taken: Set<string>): string | undefined {
  for (let address = range.first + 4; address < range.last; address += 1) {
    const text = dotted(address);
    if (!taken.has(text)) {
      return text;
    }
  }
  return undefined;
}

export const addressIn = ({ first }: IpRange, at: number): string => dotted(first + at);

/** Begins with its own first address, whatever was sent. */
export const inItsOwnForm = (cidr: string): string => `${dotted(parseRange(cidr).first)}/${cidr.split('/').at(-1)}`;

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
