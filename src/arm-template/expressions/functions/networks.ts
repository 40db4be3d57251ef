/** Address ranges in CIDR notation, IPv4 and IPv6. */
import { isIPv4, isIPv6 } from 'node:net';
import type { TemplateFunction } from '../evaluate.ts';
import { ExpressionError } from '../expression-error.ts';
import { integer, string } from '../values.ts';

interface Network {
  /** Of an address: 32 or 128. */
  bits: number;
  prefix: number;
  first: bigint;
  last: bigint;
}

export const networks: Record<string, TemplateFunction> = {
  parsecidr: {
    takes: [1, 1],
    run: ([text]) => {
      const { bits, prefix, first, last } = network(text);
      const netmask = addressOf((2n ** BigInt(prefix) - 1n) << BigInt(bits - prefix), bits);
      const range = { network: addressOf(first, bits), netmask };
      // Only IPv4 keeps the ends of a range for itself, and only where there is anything between them.
      if (bits === 128) {
        return { ...range, firstUsable: addressOf(first, bits), lastUsable: addressOf(last, bits), cidr: prefix };
      }
      const kept = prefix < 31 ? 1n : 0n;
      return {
        ...range,
        broadcast: addressOf(last, bits),
        firstUsable: addressOf(first + kept, bits),
        lastUsable: addressOf(last - kept, bits),
        cidr: prefix,
      };
    },
  },
  cidrsubnet: {
    takes: [3, 3],
    run: ([text, wanted, index]) => {
      const { bits, prefix, first } = network(text);
      const [size, at] = [integer(wanted), integer(index)];
      if (size < prefix || size > bits) {
        throw new ExpressionError(`expected a prefix from ${prefix} to ${bits}, got ${size}`);
      }
      if (at < 0 || BigInt(at) >= 2n ** BigInt(size - prefix)) {
        throw new ExpressionError(`there is no subnet ${at} of /${size} in ${string(text)}`);
      }
      return `${addressOf(first + (BigInt(at) << BigInt(bits - size)), bits)}/${size}`;
    },
  },
  cidrhost: {
    takes: [2, 2],
    run: ([text, index]) => {
      const { bits, first, last } = network(text);
      const host = first + 1n + BigInt(integer(index));
      const end = bits === 32 ? last - 1n : last;
      if (host <= first || host > end)
        throw new ExpressionError(`there is no host ${integer(index)} in ${string(text)}`);
      return addressOf(host, bits);
    },
  },
};

function network(given: unknown): Network {
  const text = string(given);
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
  const prefix = Number(length);
  if (bits === 0 || prefix > bits) {
    throw new ExpressionError(`expected a range such as 10.0.0.0/16, got ${JSON.stringify(text)}`);
  }
  const size = 2n ** BigInt(bits - prefix);
  const number = bits === 32 ? numberOf(address.split('.'), 10, 8) : numberOf(groupsOf(address), 16, 16);
  const first = (number / size) * size;
  return { bits, prefix, first, last: first + size - 1n };
}

function numberOf(parts: string[], radix: number, bits: number): bigint {
  return parts.reduce((sum, part) => (sum << BigInt(bits)) | BigInt(parseInt(part, radix)), 0n);
}

/** The eight groups of an IPv6 address, however it is written. */
function groupsOf(address: string): string[] {
  // The platform writes an IPv4 end as two groups.
  const { hostname } = new URL(`http://[${address}]`);
  const [start = '', end] = hostname.slice(1, -1).split('::');
  const before = start === '' ? [] : start.split(':');
  const after = end === undefined || end === '' ? [] : end.split(':');
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
}

function addressOf(number: bigint, bits: number): string {
  const part = (from: number, width: number): bigint => (number >> BigInt(from)) & (2n ** BigInt(width) - 1n);
  if (bits === 32) return [24, 16, 8, 0].map((from) => part(from, 8)).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => part((7 - at) * 16, 16).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
