/**
 * The edge of a host for tests of `host/admit`: SHA-256 and Ed25519 are real, maps stand for a
 * network and a disk. With records to be admitted, good ones and others.
 */
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import type { Edge, Envelope } from '../../host/admit.ts';
import { PeerDirectory } from '../../host/directory.ts';
import { bytesOfBits256, hexOf } from '../../host/words.ts';
import { signedBytes } from '../../src/codec/record.ts';
import { HOPS_MAX, TTL_S_MAX } from '../../src/limits.ts';
import type { Peer, RecordHeader } from '../../src/types.ts';
import type { WireAddress, WireIntroducers, WireRecord } from '../../src/wire-types.ts';
import { bytes, plain, replication, u32 } from './arbitraries.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
/** For a certificate: the public key itself. */
const CERTIFICATE = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));

/** An edge with maps for a network and a disk, and all else as in a real node. */
export interface Desk extends Edge {
  readonly addresses: Map<Peer, readonly WireAddress[]>;
  readonly kept: Map<string, Envelope>;
}

export function desk(peersMax = 10_000, hopsMax = HOPS_MAX, ttlSMax = TTL_S_MAX): Desk {
  const addresses = new Map<Peer, readonly WireAddress[]>();
  const kept = new Map<string, Envelope>();
  const lists = new Map<number, WireIntroducers>();
  return {
    addresses,
    kept,
    directory: new PeerDirectory({ peersMax }),
    hopsMax,
    ttlSMax,
    hash: sha256,
    verify: (header) => {
      const isSigned = verify(null, signedBytes(header), publicKey, header.signature);
      const isGood = isSigned && Buffer.compare(header.certificate, CERTIFICATE) === 0;
      return isGood ? 'good' : 'forged';
    },
    addressesOf: (peer) => addresses.get(peer) ?? [],
    learn: (peer, learned) => void addresses.set(peer, learned),
    envelopeOf: (header) => kept.get(nameOf(header)),
    keep: (header, envelope) => void kept.set(nameOf(header), envelope),
    certifies: ({ signature }) => signature.length > 0 && signature.every((byte) => byte === 7),
    signatureOf: () => new Uint8Array(64).fill(7),
    endorses: ({ signature }) => signature.every((byte) => byte === 7),
    keepIntroducers: (list, wire) => void lists.set(list.serial, wire),
    introducersOf: (list) => lists.get(list.serial),
  };
}

function nameOf({ key, version, publisher }: RecordHeader): string {
  return `${hexOf(bytesOfBits256(key.raw))} ${version} ${hexOf(bytesOfBits256(publisher))}`;
}

export function sha256(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(data).digest());
}

function signed(record: Omit<WireRecord, 'signature'>): WireRecord {
  const { value, ...claims } = record;
  const text = signedBytes({ ...claims, size: value.length, digest: sha256(value) });
  return { ...record, signature: new Uint8Array(sign(null, text, privateKey)) };
}

export const WALL_MS = 1_764_000_000_000;
export const TEN_MINUTES_MS = 600_000;
/** Records of every age and claim, well signed. */
export const record = (): fc.Arbitrary<WireRecord> =>
  plain({
    key: bytes(32),
    version: near(WALL_MS),
    publishedAtMs: near(WALL_MS),
    ttlS: fc.oneof(
      fc.integer({ min: 1, max: 7200 }),
      fc.constantFrom(0, 1, TTL_S_MAX, TTL_S_MAX + 1),
    ),
    replication: replication(),
    publisher: bytes(32),
    certificate: fc.constant(CERTIFICATE),
    value: fc.uint8Array({ minLength: 1, maxLength: 32 }),
    lifeMs: fc.oneof(fc.integer({ min: 0, max: 7_200_000 }), u32()),
  }).map(signed);

function near(ms: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: ms - 10_000_000, max: ms + 1_000_000 }),
    fc.constantFrom(ms, ms + TEN_MINUTES_MS, ms + TEN_MINUTES_MS + 1),
  );
}

/** Fresh and in bounds: one that every receiver takes, with the life that it says. */
export const freshRecord = (): fc.Arbitrary<WireRecord> =>
  fc.tuple(record(), fc.integer({ min: 3600, max: 7200 })).map(([one, ttlS]) =>
    signed({
      ...one,
      version: WALL_MS,
      publishedAtMs: WALL_MS,
      ttlS,
      lifeMs: 1 + (one.lifeMs % 3_600_000),
    }),
  );
