/** The 512-byte footer that makes a raw disk a fixed VHD (Virtual Hard Disk Image Format Specification 1.0). */

const SECTOR = 512;
/** Seconds between 1970 and 2000, from which the format counts. */
const EPOCH = 946_684_800;

/**
 * @param size bytes of the disk without the footer; a multiple of 1 MiB, as Azure wants it
 * @param uniqueId 16 bytes; the same ones give the same footer
 */
export function vhdFooter(size: number, uniqueId: Buffer, created: Date): Buffer {
  const footer = Buffer.alloc(SECTOR);
  footer.write('conectix', 0, 'ascii');
  footer.writeUInt32BE(2, 8); // features: reserved, always set
  footer.writeUInt32BE(0x0001_0000, 12); // format version
  footer.writeBigUInt64BE(0xffff_ffff_ffff_ffffn, 16); // no dynamic header: fixed
  footer.writeUInt32BE(Math.max(0, Math.floor(created.getTime() / 1000) - EPOCH), 24);
  // A creator that readers know, else they take the size from the rounded geometry instead of the size fields.
  footer.write('win ', 28, 'ascii');
  footer.writeUInt32BE(0x000a_0000, 32);
  footer.write('Wi2k', 36, 'ascii');
  footer.writeBigUInt64BE(BigInt(size), 40);
  footer.writeBigUInt64BE(BigInt(size), 48);
  const { cylinders, heads, sectors } = geometry(size);
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(sectors, 59);
  footer.writeUInt32BE(2, 60); // disk type: fixed
  uniqueId.copy(footer, 68, 0, 16);
  footer.writeUInt32BE(checksum(footer), 64);
  return footer;
}

/** One's complement of the sum of all bytes, the checksum's own taken as zero. */
function checksum(footer: Buffer): number {
  let sum = 0;
  for (const byte of footer) sum += byte;
  return ~sum >>> 0;
}

/** Cylinders, heads and sectors by the specification's appendix. */
function geometry(size: number): { cylinders: number; heads: number; sectors: number } {
  const total = Math.min(size / SECTOR, 65535 * 16 * 255);
  if (total >= 65535 * 16 * 63) return { cylinders: Math.floor(total / 255 / 16), heads: 16, sectors: 255 };
  let sectors = 17;
  let perHead = Math.floor(total / sectors);
  let heads = Math.max(4, Math.floor((perHead + 1023) / 1024));
  if (perHead >= heads * 1024 || heads > 16) {
    sectors = 31;
    heads = 16;
    perHead = Math.floor(total / sectors);
  }
  if (perHead >= heads * 1024) {
    sectors = 63;
    heads = 16;
    perHead = Math.floor(total / sectors);
  }
  return { cylinders: Math.floor(perHead / heads), heads, sectors };
}
