/**
 * A record as it lies on disk: its head, which is all that the core needs of it, and the whole of
 * it, which begins with the same head and can be served again, signature included.
 *
 * Head, big-endian: format u8 (3), storedAtMs u64, lifeMs u32, version u64, publishedAtMs u64,
 * ttlS u32, size u32, replication u8, publisher 32, position 20, sender 32 (zeros for nobody).
 * Format 2 had no sender, and is read still. Whole: head, signature 64, certificate length u16,
 * certificate, value. Both end in the CRC-32 of the key and of all that
 * stands before it, because LevelDB does not look at its own checksums when it reads. Invariant:
 * bytes that are damaged, of another key or of another format give nothing instead of a wrong
 * record. Views, not copies: the parts of a record that was read share its bytes.
 */
import { crc32 } from 'node:zlib';
import type { Envelope } from '../../host/admit.ts';
import { bits256Of, bytesOfBits256, bytesOfPosition, positionOf } from '../../host/words.ts';
import { CERTIFICATE_BYTES_MAX, VALUE_BYTES_MAX } from '../../src/limits.ts';
import type { KeptRecord } from '../../src/types.ts';

export interface StoredRecord extends KeptRecord {
  readonly envelope: Envelope;
}

export function encodeHead(kept: KeptRecord): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(HEAD_BYTES + SEAL_BYTES);
  writeHead(bytes, kept);
  return seal(bytes, bytesOfBits256(kept.header.key.raw));
}

/** @returns nothing for bytes that this version did not write under this key */
export function decodeHead(key: Uint8Array, from: Uint8Array): KeptRecord | undefined {
  const bytes = viewOf(from);
  if (bytes.length !== headBytesOf(bytes) + SEAL_BYTES || !isOurs(key, bytes)) return undefined;
  return readHead(key, bytes);
}

export function encodeStored({ envelope, ...head }: StoredRecord): Uint8Array {
  const { certificate, value } = envelope;
  const certificateAt = HEAD_BYTES + BETWEEN_BYTES;
  const size = certificateAt + certificate.length + value.length + SEAL_BYTES;
  const bytes = Buffer.allocUnsafeSlow(size);
  writeHead(bytes, head);
  bytes.set(envelope.signature, HEAD_BYTES);
  bytes.writeUInt16BE(certificate.length, certificateAt - 2);
  bytes.set(certificate, certificateAt);
  bytes.set(value, certificateAt + certificate.length);
  return seal(bytes, bytesOfBits256(head.header.key.raw));
}

/** @returns nothing for bytes that this version did not write under this key */
export function decodeStored(key: Uint8Array, from: Uint8Array): StoredRecord | undefined {
  const bytes = viewOf(from);
  const headBytes = headBytesOf(bytes);
  const certificateAt = headBytes + BETWEEN_BYTES;
  if (bytes.length < certificateAt + SEAL_BYTES || !isOurs(key, bytes)) return undefined;
  const certificateBytes = bytes.readUInt16BE(certificateAt - 2);
  const valueAt = certificateAt + certificateBytes;
  const end = bytes.length - SEAL_BYTES;
  const kept = readHead(key, bytes);
  const { size } = kept.header;
  if (certificateBytes > CERTIFICATE_BYTES_MAX || valueAt + size !== end) return undefined;
  if (size < 1 || size > VALUE_BYTES_MAX) return undefined;
  const part = (start: number, stop: number): Uint8Array =>
    new Uint8Array(from.buffer, from.byteOffset + start, stop - start);
  const envelope = {
    publisher: part(PUBLISHER_AT, POSITION_AT),
    signature: part(headBytes, certificateAt - 2),
    certificate: part(certificateAt, valueAt),
    value: part(valueAt, end),
  };
  return { ...kept, envelope };
}

/** Whole bytes of this key, but of a format that this version does not know. */
export function isForeign(key: Uint8Array, from: Uint8Array): boolean {
  return from.length > SEAL_BYTES && !isFormat(from[0]) && isWhole(key, viewOf(from));
}

function writeHead(bytes: Buffer, { header, storedAtMs, from }: KeptRecord): void {
  bytes.writeUInt8(FORMAT, 0);
  bytes.writeBigUInt64BE(BigInt(storedAtMs), 1);
  bytes.writeUInt32BE(header.lifeMs, 9);
  bytes.writeBigUInt64BE(BigInt(header.version), 13);
  bytes.writeBigUInt64BE(BigInt(header.publishedAtMs), 21);
  bytes.writeUInt32BE(header.ttlS, 29);
  bytes.writeUInt32BE(header.size, 33);
  bytes.writeUInt8(header.replication, 37);
  bytes.set(bytesOfBits256(header.publisher), PUBLISHER_AT);
  bytes.set(bytesOfPosition(header.key.position), POSITION_AT);
  bytes.set(from === undefined ? NOBODY : bytesOfBits256(from), FROM_AT);
}

function readHead(key: Uint8Array, bytes: Buffer): KeptRecord {
  const position = positionOf(bytes.subarray(POSITION_AT, FROM_AT));
  const sender = bytes.subarray(FROM_AT, headBytesOf(bytes));
  return {
    from: sender.some((byte) => byte !== 0) ? bits256Of(sender) : undefined,
    storedAtMs: readU64(bytes, 1),
    header: {
      key: { raw: bits256Of(key), position },
      lifeMs: bytes.readUInt32BE(9),
      version: readU64(bytes, 13),
      publishedAtMs: readU64(bytes, 21),
      ttlS: bytes.readUInt32BE(29),
      size: bytes.readUInt32BE(33),
      replication: bytes.readUInt8(37),
      publisher: bits256Of(bytes.subarray(PUBLISHER_AT, POSITION_AT)),
    },
  };
}

/** What is below 2^53, as all our numbers are. */
function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

function isOurs(key: Uint8Array, bytes: Buffer): boolean {
  return isFormat(bytes[0]) && isWhole(key, bytes);
}

function isFormat(format: number | undefined): boolean {
  return format === FORMAT || format === EARLIER_FORMAT;
}

function headBytesOf(bytes: Buffer): number {
  return bytes[0] === EARLIER_FORMAT ? FROM_AT : HEAD_BYTES;
}

function isWhole(key: Uint8Array, bytes: Buffer): boolean {
  const end = bytes.length - SEAL_BYTES;
  return bytes.readUInt32BE(end) === crc32(bytes.subarray(0, end), crc32(key));
}

function seal(bytes: Buffer, key: Uint8Array): Uint8Array {
  const end = bytes.length - SEAL_BYTES;
  bytes.writeUInt32BE(crc32(bytes.subarray(0, end), crc32(key)), end);
  return bytes;
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const FORMAT = 3;
const EARLIER_FORMAT = 2;
const PUBLISHER_AT = 38;
const POSITION_AT = 70;
const FROM_AT = 90;
const HEAD_BYTES = 122;
/** Signature and length of the certificate. */
const BETWEEN_BYTES = 64 + 2;
const NOBODY = new Uint8Array(32);
const SEAL_BYTES = 4;
