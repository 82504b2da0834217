/**
 * Records as they travel in STORE and VALUE, and the bytes that a publisher signs
 * (`docs/wire.md`, "Records").
 *
 * Layout: life u32, signature 64, then the signed part: key 32, version u64, publication u64,
 * TTL u32, publisher 32, certificate (u16 length, bytes), value (u16 length, bytes). What the
 * signature covers is one run of the frame behind a prefix that no other signed text shares, so
 * that a signature made for anything else can never pass as a record.
 */
import { CERTIFICATE_BYTES_MAX, VALUE_BYTES_MAX } from '../limits.ts';
import type { WireRecord } from '../wire-types.ts';
import { type Reader, Writer } from './bytes.ts';

/** What the publisher signs: all of a record but the remaining life and the signature itself. */
export type SignedFields = Omit<WireRecord, 'lifeMs' | 'signature'>;

/** The exact bytes that the publisher's signature covers. */
export function signedBytes(record: SignedFields): Uint8Array {
  const writer = new Writer(SIGNED_PREFIX.length + signedLength(record));
  writer.fixed(SIGNED_PREFIX, SIGNED_PREFIX.length);
  writeSigned(writer, record);
  return writer.finish();
}

/** The reader has failed afterwards when the bytes were no record. */
export function readRecord(reader: Reader): WireRecord {
  const lifeMs = reader.u32();
  const signature = reader.take(SIGNATURE_BYTES);
  const key = reader.take(KEY_BYTES);
  const version = reader.u53();
  const publishedAtMs = reader.u53();
  const ttlS = reader.u32();
  const publisher = reader.take(ID_BYTES);
  const certificate = reader.sized(0, CERTIFICATE_BYTES_MAX);
  const value = reader.sized(1, VALUE_BYTES_MAX);
  return {
    key,
    version,
    publishedAtMs,
    ttlS,
    publisher,
    certificate,
    signature,
    value,
    lifeMs,
  };
}

export function writeRecord(writer: Writer, record: WireRecord): void {
  writer.u32(record.lifeMs);
  writer.fixed(record.signature, SIGNATURE_BYTES);
  writeSigned(writer, record);
}

export function recordLength(record: WireRecord): number {
  return 4 + SIGNATURE_BYTES + signedLength(record);
}

function writeSigned(writer: Writer, record: SignedFields): void {
  writer.fixed(record.key, KEY_BYTES);
  writer.u53(record.version);
  writer.u53(record.publishedAtMs);
  writer.u32(record.ttlS);
  writer.fixed(record.publisher, ID_BYTES);
  writer.sized(record.certificate, 0, CERTIFICATE_BYTES_MAX);
  writer.sized(record.value, 1, VALUE_BYTES_MAX);
}

function signedLength(record: SignedFields): number {
  return SIGNED_FIXED_BYTES + record.certificate.length + record.value.length;
}

/** `orrery record 1` in ASCII, closed by a zero byte. */
const SIGNED_PREFIX = new Uint8Array([
  0x6f, 0x72, 0x72, 0x65, 0x72, 0x79, 0x20, 0x72, 0x65, 0x63, 0x6f, 0x72, 0x64, 0x20, 0x31, 0x00,
]);
const KEY_BYTES = 32;
const ID_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Key, version, publication, TTL, publisher and two lengths. */
const SIGNED_FIXED_BYTES = KEY_BYTES + 8 + 8 + 4 + ID_BYTES + 2 + 2;

/** A record's bytes at least and at most, for bounds on the frames that carry one. */
export const RECORD_BYTES_MIN = 4 + SIGNATURE_BYTES + SIGNED_FIXED_BYTES + 1;
export const RECORD_BYTES_MAX =
  4 + SIGNATURE_BYTES + SIGNED_FIXED_BYTES + CERTIFICATE_BYTES_MAX + VALUE_BYTES_MAX;
