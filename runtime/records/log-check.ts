/**
 * Looks at LevelDB's own logs before it does: what was written last stands in them alone, and where
 * their bytes are damaged LevelDB passes over the rest of a block without a word.
 *
 * Form (LevelDB, doc/log_format.md): blocks of 32 KiB; in each, records of a masked CRC-32C, a
 * length and a type, and bytes; what is left of a block below seven bytes is nothing. A record that
 * the end of the file cuts off is what a kill leaves behind, no damage.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The names of the logs in which a record fails its check. */
export async function damagedLogs(location: string): Promise<readonly string[]> {
  const names = (await readdir(location)).filter((name) => name.endsWith('.log'));
  const damaged: string[] = [];
  for (const name of names) {
    if (isDamaged(await readFile(join(location, name)))) damaged.push(name);
  }
  return damaged;
}

export function isDamaged(log: Buffer): boolean {
  for (let block = 0; block < log.length; block += BLOCK_BYTES) {
    const end = Math.min(block + BLOCK_BYTES, log.length);
    let at = block;
    while (at + HEAD_BYTES <= end) {
      const length = log.readUInt16LE(at + LENGTH_AT);
      const type = log[at + TYPE_AT] ?? 0;
      const next = at + HEAD_BYTES + length;
      if (next > end) {
        if (end < log.length || next > block + BLOCK_BYTES) return true;
        break;
      }
      // Room that was made and never written.
      if (type === 0 && length === 0) break;
      const sum = masked(crc32c(log.subarray(at + TYPE_AT, next)));
      if (log.readUInt32LE(at) !== sum) return true;
      at = next;
    }
  }
  return false;
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** Castagnoli's polynomial, which Node's own `crc32` does not have. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

const BLOCK_BYTES = 32_768;
const LENGTH_AT = 4;
const TYPE_AT = 6;
const HEAD_BYTES = 7;
const MASK_DELTA = 0xa282ead8;
