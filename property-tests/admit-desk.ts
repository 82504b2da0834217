/**
 * The edge of a host for tests of `host/admit`: SHA-256 and Ed25519 are real, maps stand for a
 * network and a disk.
 */
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { Edge, Envelope } from '../host/admit.ts';
import { PeerDirectory } from '../host/directory.ts';
import { bytesOfBits256, hexOf } from '../host/words.ts';
import { signedBytes } from '../src/codec/record.ts';
import type { Peer, RecordHeader } from '../src/types.ts';
import type { WireAddress, WireIntroducers, WireRecord } from '../src/wire-types.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
/** For a certificate: the public key itself. */
export const CERTIFICATE = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));

/** An edge with maps for a network and a disk, and all else as in a real node. */
export interface Desk extends Edge {
  readonly addresses: Map<Peer, readonly WireAddress[]>;
  readonly kept: Map<string, Envelope>;
}

export function desk(peersMax = 10_000): Desk {
  const addresses = new Map<Peer, readonly WireAddress[]>();
  const kept = new Map<string, Envelope>();
  const lists = new Map<number, WireIntroducers>();
  return {
    addresses,
    kept,
    directory: new PeerDirectory({ peersMax }),
    hash: sha256,
    verify: (header) =>
      verify(null, signedBytes(header), publicKey, header.signature) &&
      Buffer.compare(header.certificate, CERTIFICATE) === 0,
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

export function signed(record: Omit<WireRecord, 'signature'>): WireRecord {
  const { value, ...claims } = record;
  const text = signedBytes({ ...claims, size: value.length, digest: sha256(value) });
  return { ...record, signature: new Uint8Array(sign(null, text, privateKey)) };
}
