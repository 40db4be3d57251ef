/**
 * Names from a hash, the same for the same input. `guid` is a name-based UUID (version 5) in the namespace that Azure is
 * said to use. `uniqueString` is the hash that other clients of Azure use: it agrees with three published values and not
 * with a fourth. Neither has been checked against Azure itself, so neither is promised to be the value of a deployment.
 */
import { createHash } from 'node:crypto';

/** The namespace of every `guid()`, as other clients have it. */
const NAMESPACE = Buffer.from('11fb06fb712d4ddd98c7e71bbd588830', 'hex');

/** Version 5 of RFC 9562, by name. */
export function guid(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** 64 bits of hash as 13 letters of base 32. */
export function uniqueString(name: string): string {
  let rest = murmur64(Buffer.from(name));
  let letters = '';
  for (let at = 0; at < 13; at++) {
    letters += 'abcdefghijklmnopqrstuvwxyz234567'.charAt(Number((rest >> 59n) & 31n));
    rest = (rest << 5n) & 0xffff_ffff_ffff_ffffn;
  }
  return letters;
}

const C1 = 0xab0e9789;
const C2 = 0x239b961b;

/** MurmurHash3 in two lanes of 32 bits, seed 0. */
function murmur64(bytes: Buffer): bigint {
  let low = 0;
  let high = 0;
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) {
    low = mixLow(low, bytes.readUInt32LE(at));
    low = (rotate(low, 19) + high) >>> 0;
    low = (Math.imul(low, 5) + 0x561ccd1b) >>> 0;
    high = mixHigh(high, bytes.readUInt32LE(at + 4));
    high = (rotate(high, 13) + low) >>> 0;
    high = (Math.imul(high, 5) + 0x0bcaa747) >>> 0;
  }
  const tail = Buffer.alloc(8);
  bytes.copy(tail, 0, whole);
  if (bytes.length > whole) low = mixLow(low, tail.readUInt32LE(0));
  if (bytes.length > whole + 4) high = mixHigh(high, tail.readUInt32LE(4));

  low = (low ^ bytes.length) >>> 0;
  high = (high ^ bytes.length) >>> 0;
  low = (low + high) >>> 0;
  high = (high + low) >>> 0;
  low = avalanche(low);
  high = avalanche(high);
  low = (low + high) >>> 0;
  high = (high + low) >>> 0;
  return (BigInt(high) << 32n) | BigInt(low);
}

const rotate = (value: number, by: number): number => ((value << by) | (value >>> (32 - by))) >>> 0;
const mixLow = (lane: number, part: number): number => (lane ^ Math.imul(rotate(Math.imul(part, C2), 15), C1)) >>> 0;
const mixHigh = (lane: number, part: number): number => (lane ^ Math.imul(rotate(Math.imul(part, C1), 17), C2)) >>> 0;

function avalanche(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
