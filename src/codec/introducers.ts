/**
 * Lists of introducers as they travel, and the bytes that their leader signs (`docs/wire.md`,
 * "Election").
 *
 * Layout: term u64, serial u32, wall clock u64, voters, leader 32, certificate (u16 length, bytes),
 * peers; then the signature, 64. All before the signature is signed, behind a prefix that no other
 * signed text shares. Whoever knows the authority can check it all: it certifies the voters and
 * the leader, and the leader is one of the voters.
 */
import { CERTIFICATE_BYTES_MAX, LISTED_MAX } from '../limits.ts';
import type { WireIntroducers, WireReply } from '../wire-types.ts';
import { peersBytesMax, readPeers, writePeers } from './address.ts';
import { Reader, Writer } from './bytes.ts';
import { readVoters, VOTERS_BYTES_MAX, votersLength, writeVoters } from './election.ts';
import { ID_BYTES, SIGNATURE_BYTES } from './widths.ts';

type Introduction = Extract<WireReply, { type: 'introduction' }>;
/** What the leader signs. */
export type EndorsedFields = Omit<WireIntroducers, 'signature'>;

/** The exact bytes that the leader's signature covers. */
export function endorsedBytes(fields: EndorsedFields): Uint8Array {
  const writer = new Writer(PREFIX.length + endorsedLength(fields));
  writer.fixed(PREFIX, PREFIX.length);
  writeEndorsed(writer, fields);
  return writer.finish();
}

/** A list alone, as a file holds it. */
export function packIntroducers(introducers: WireIntroducers): Uint8Array {
  const writer = new Writer(introducersLength(introducers));
  writeIntroducers(writer, introducers);
  return writer.finish();
}

/** Nothing when the bytes are no list and nothing else. */
export function unpackIntroducers(bytes: Uint8Array): WireIntroducers | undefined {
  const reader = new Reader(bytes, 0, bytes.length);
  const introducers = readIntroducers(reader);
  return reader.failed || reader.remaining > 0 ? undefined : introducers;
}

export function introducersLength(introducers: WireIntroducers): number {
  return endorsedLength(introducers) + SIGNATURE_BYTES;
}

export function writeIntroducers(writer: Writer, introducers: WireIntroducers): void {
  writeEndorsed(writer, introducers);
  writer.fixed(introducers.signature, SIGNATURE_BYTES);
}

/** The reader has failed afterwards when the bytes were no list. */
export function readIntroducers(reader: Reader): WireIntroducers {
  const introducers = {
    term: reader.u53(),
    serial: reader.u32(),
    madeAtMs: reader.u53(),
    voters: readVoters(reader),
    leader: reader.take(ID_BYTES),
    certificate: reader.sized(0, CERTIFICATE_BYTES_MAX),
    peers: readPeers(reader),
    signature: reader.take(SIGNATURE_BYTES),
  };
  if ((introducers.peers[0] ?? 0) > LISTED_MAX) reader.fail();
  return introducers;
}

/** A flag u8; the list, if it is 1; peers. */
export function introductionLength({ introducers, peers }: Introduction): number {
  return 1 + (introducers === undefined ? 0 : introducersLength(introducers)) + peers.length;
}

export function writeIntroduction(writer: Writer, { introducers, peers }: Introduction): void {
  writer.u8(introducers === undefined ? 0 : 1);
  if (introducers !== undefined) writeIntroducers(writer, introducers);
  writePeers(writer, peers);
}

export function readIntroduction(reader: Reader): Introduction {
  const flag = reader.u8();
  if (flag > 1) reader.fail();
  const introducers = flag === 1 ? readIntroducers(reader) : undefined;
  return { type: 'introduction', introducers, peers: readPeers(reader) };
}

function endorsedLength({ voters, certificate, peers }: EndorsedFields): number {
  return FIXED_BYTES + votersLength(voters) + certificate.length + peers.length;
}

function writeEndorsed(writer: Writer, fields: EndorsedFields): void {
  writer.u53(fields.term);
  writer.u32(fields.serial);
  writer.u53(fields.madeAtMs);
  writeVoters(writer, fields.voters);
  writer.fixed(fields.leader, ID_BYTES);
  writer.sized(fields.certificate, 0, CERTIFICATE_BYTES_MAX);
  writePeers(writer, fields.peers);
}

/** Term, serial, clock, leader, and the length of a certificate. */
const FIXED_BYTES = 8 + 4 + 8 + ID_BYTES + 2;
/** `orrery introducers 1` in ASCII, closed by a zero byte. */
const PREFIX = new Uint8Array([
  0x6f, 0x72, 0x72, 0x65, 0x72, 0x79, 0x20, 0x69, 0x6e, 0x74, 0x72, 0x6f, 0x64, 0x75, 0x63, 0x65,
  0x72, 0x73, 0x20, 0x31, 0x00,
]);

/** One voter without a signature, no certificate, nobody listed. */
export const INTRODUCERS_BYTES_MIN = FIXED_BYTES + 4 + 1 + ID_BYTES + 1 + 1 + SIGNATURE_BYTES;
export const INTRODUCERS_BYTES_MAX =
  FIXED_BYTES + VOTERS_BYTES_MAX + CERTIFICATE_BYTES_MAX + peersBytesMax(LISTED_MAX) + 64;
