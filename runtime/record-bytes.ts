/**
 * A record as it lies on disk: everything that is needed to serve it again, signature included.
 *
 * Layout, big-endian: format u8 (1), storedAtMs u64, lifeMs u32, version u64, publishedAtMs u64,
 * ttlS u32, replication u8, publisher 32, signature 64, certificate length u16, certificate, value. Invariant:
 * bytes of another format or length give nothing instead of a wrong record. Views, not copies: the
 * parts of a record that was read share its bytes.
 */
import { VALUE_BYTES_MAX } from '../src/limits.ts';
import type { WireRecord } from '../src/wire-types.ts';
import { CERTIFICATE_BYTES_MAX } from './certificate.ts';

export interface StoredRecord {
  /** `lifeMs` as it was at `storedAtMs`. */
  readonly record: WireRecord;
  /** Wall clock, in ms. */
  readonly storedAtMs: number;
}

export function encodeStored(stored: StoredRecord): Uint8Array {
  const { record, storedAtMs } = stored;
  const { certificate, value } = record;
  const bytes = Buffer.allocUnsafeSlow(HEAD_BYTES + certificate.length + value.length);
  bytes.writeUInt8(FORMAT, 0);
  bytes.writeBigUInt64BE(BigInt(storedAtMs), 1);
  bytes.writeUInt32BE(record.lifeMs, 9);
  bytes.writeBigUInt64BE(BigInt(record.version), 13);
  bytes.writeBigUInt64BE(BigInt(record.publishedAtMs), 21);
  bytes.writeUInt32BE(record.ttlS, 29);
  bytes.writeUInt8(record.replication, 33);
  bytes.set(record.publisher, 34);
  bytes.set(record.signature, 66);
  bytes.writeUInt16BE(certificate.length, 130);
  bytes.set(certificate, HEAD_BYTES);
  bytes.set(value, HEAD_BYTES + certificate.length);
  return bytes;
}

/** @returns nothing for bytes that this version did not write */
export function decodeStored(key: Uint8Array, from: Uint8Array): StoredRecord | undefined {
  if (from.length <= HEAD_BYTES || from[0] !== FORMAT) return undefined;
  const head = Buffer.from(from.buffer, from.byteOffset, from.byteLength);
  const bytes = new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
  const valueAt = HEAD_BYTES + head.readUInt16BE(130);
  const size = bytes.length - valueAt;
  if (valueAt - HEAD_BYTES > CERTIFICATE_BYTES_MAX) return undefined;
  if (size < 1 || size > VALUE_BYTES_MAX) return undefined;
  return {
    storedAtMs: Number(head.readBigUInt64BE(1)),
    record: {
      key,
      lifeMs: head.readUInt32BE(9),
      version: Number(head.readBigUInt64BE(13)),
      publishedAtMs: Number(head.readBigUInt64BE(21)),
      ttlS: head.readUInt32BE(29),
      replication: head.readUInt8(33),
      publisher: bytes.subarray(34, 66),
      signature: bytes.subarray(66, 130),
      certificate: bytes.subarray(HEAD_BYTES, valueAt),
      value: bytes.subarray(valueAt),
    },
  };
}

const FORMAT = 1;
const HEAD_BYTES = 132;
