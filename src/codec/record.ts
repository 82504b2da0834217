/**
 * Records as they travel: whole in STORE and VALUE, without their value in VERSION; and the bytes
 * that a publisher signs (`docs/wire.md`, "Records").
 *
 * Layout: life u32, signature 64, then the claims: key 32, version u64, publication u64, TTL u32,
 * replication u8, publisher 32, certificate (u16 length, bytes); then the value (u16 length,
 * bytes), or its size u16 and its digest 32. Signed are the claims, the size and the digest, behind
 * a prefix that no other signed text shares, so that a signature made for anything else can never
 * pass as a record. The digest stands for the value, so that who holds what can be proved without
 * sending it.
 */
import { CERTIFICATE_BYTES_MAX, REPLICATION_MAX, VALUE_BYTES_MAX } from '../limits.ts';
import type { WireHeader, WireRecord } from '../wire-types.ts';
import { type Reader, Writer } from './bytes.ts';
import { DIGEST_BYTES, ID_BYTES, KEY_BYTES, SIGNATURE_BYTES } from './widths.ts';

/** What the publisher signs: all of a header but the remaining life and the signature itself. */
export type SignedFields = Omit<WireHeader, 'lifeMs' | 'signature'>;

type Claims = Omit<SignedFields, 'size' | 'digest'>;

/** The exact bytes that the publisher's signature covers. */
export function signedBytes(header: SignedFields): Uint8Array {
  const length = SIGNED_PREFIX.length + claimsLength(header) + SEAL_BYTES;
  const writer = new Writer(length);
  writer.fixed(SIGNED_PREFIX, SIGNED_PREFIX.length);
  writeClaims(writer, header);
  writeSeal(writer, header);
  return writer.finish();
}

/** The header of a record whose value has this SHA-256. */
export function headerFor(record: WireRecord, digest: Uint8Array): WireHeader {
  // Written out: to spread the record costs V8 twenty times as much.
  return {
    key: record.key,
    version: record.version,
    publishedAtMs: record.publishedAtMs,
    ttlS: record.ttlS,
    replication: record.replication,
    publisher: record.publisher,
    certificate: record.certificate,
    size: record.value.length,
    digest,
    signature: record.signature,
    lifeMs: record.lifeMs,
  };
}

/** The reader has failed afterwards when the bytes were no record. */
export function readRecord(reader: Reader): WireRecord {
  const lifeMs = reader.u32();
  const signature = reader.take(SIGNATURE_BYTES);
  return {
    key: reader.take(KEY_BYTES),
    version: reader.u53(),
    publishedAtMs: reader.u53(),
    ttlS: reader.u32(),
    replication: readReplication(reader),
    publisher: reader.take(ID_BYTES),
    certificate: reader.sized(0, CERTIFICATE_BYTES_MAX),
    signature,
    value: reader.sized(1, VALUE_BYTES_MAX),
    lifeMs,
  };
}

export function readHeader(reader: Reader): WireHeader {
  const lifeMs = reader.u32();
  const signature = reader.take(SIGNATURE_BYTES);
  return {
    key: reader.take(KEY_BYTES),
    version: reader.u53(),
    publishedAtMs: reader.u53(),
    ttlS: reader.u32(),
    replication: readReplication(reader),
    publisher: reader.take(ID_BYTES),
    certificate: reader.sized(0, CERTIFICATE_BYTES_MAX),
    size: readSize(reader),
    digest: reader.take(DIGEST_BYTES),
    signature,
    lifeMs,
  };
}

export function writeRecord(writer: Writer, record: WireRecord): void {
  writer.u32(record.lifeMs);
  writer.fixed(record.signature, SIGNATURE_BYTES);
  writeClaims(writer, record);
  writer.sized(record.value, 1, VALUE_BYTES_MAX);
}

export function writeHeader(writer: Writer, header: WireHeader): void {
  writer.u32(header.lifeMs);
  writer.fixed(header.signature, SIGNATURE_BYTES);
  writeClaims(writer, header);
  writeSeal(writer, header);
}

export function recordLength(record: WireRecord): number {
  return FRONT_BYTES + claimsLength(record) + 2 + record.value.length;
}

export function headerLength(header: WireHeader): number {
  return FRONT_BYTES + claimsLength(header) + SEAL_BYTES;
}

function readReplication(reader: Reader): number {
  const replication = reader.u8();
  if (replication < 1 || replication > REPLICATION_MAX) reader.fail();
  return replication;
}

function readSize(reader: Reader): number {
  const size = reader.u16();
  if (size < 1 || size > VALUE_BYTES_MAX) reader.fail();
  return size;
}

function writeClaims(writer: Writer, claims: Claims): void {
  writer.fixed(claims.key, KEY_BYTES);
  writer.u53(claims.version);
  writer.u53(claims.publishedAtMs);
  writer.u32(claims.ttlS);
  writer.u8(claims.replication);
  writer.fixed(claims.publisher, ID_BYTES);
  writer.sized(claims.certificate, 0, CERTIFICATE_BYTES_MAX);
}

function writeSeal(writer: Writer, { size, digest }: Pick<WireHeader, 'size' | 'digest'>): void {
  writer.u16(size);
  writer.fixed(digest, DIGEST_BYTES);
}

function claimsLength({ certificate }: Claims): number {
  return CLAIMS_FIXED_BYTES + certificate.length;
}

/** `orrery record 1` in ASCII, closed by a zero byte. */
const SIGNED_PREFIX = new Uint8Array([
  0x6f, 0x72, 0x72, 0x65, 0x72, 0x79, 0x20, 0x72, 0x65, 0x63, 0x6f, 0x72, 0x64, 0x20, 0x31, 0x00,
]);
const FRONT_BYTES = 4 + SIGNATURE_BYTES;
/** Key, version, publication, TTL, replication, publisher and the certificate's length. */
const CLAIMS_FIXED_BYTES = KEY_BYTES + 8 + 8 + 4 + 1 + ID_BYTES + 2;
const SEAL_BYTES = 2 + DIGEST_BYTES;

/** Bytes at least and at most, for bounds on the frames that carry them. */
export const RECORD_BYTES_MIN = FRONT_BYTES + CLAIMS_FIXED_BYTES + 2 + 1;
export const RECORD_BYTES_MAX =
  FRONT_BYTES + CLAIMS_FIXED_BYTES + CERTIFICATE_BYTES_MAX + 2 + VALUE_BYTES_MAX;
export const HEADER_BYTES_MIN = FRONT_BYTES + CLAIMS_FIXED_BYTES + SEAL_BYTES;
export const HEADER_BYTES_MAX = HEADER_BYTES_MIN + CERTIFICATE_BYTES_MAX;
