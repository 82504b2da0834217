/**
 * The runtime's side of `host/admit`: hashing, verifying, signing, addresses and bytes, for one
 * node. The only file in which records meet cryptography (docs/wire.md, Records).
 *
 * Invariant: a record is good when the publisher's certificate was signed by our authority, was
 * valid at the publication, is not revoked, names the publisher's id, and its key made the
 * signature over exactly `signedBytes`; where ids are addresses, when it has no signature at all
 * (docs/classic.md). Nothing here throws on what a peer sent.
 */
import { hash } from 'node:crypto';
import type { Edge } from '../host/admit.ts';
import type { PeerDirectory } from '../host/directory.ts';
import { signedBytes } from '../src/codec/record.ts';
import type { Peer } from '../src/types.ts';
import type { WireAddress } from '../src/wire-types.ts';
import type { UnsignedRecords } from './classic/unsigned.ts';
import type { Listing } from './election/listing.ts';
import type { Voting } from './election/voting.ts';
import { idOfPlace } from './identity/address-identity.ts';
import { signBytes } from './identity/identity.ts';
import type { LiveIdentity } from './identity/live-identity.ts';
import type { AddressBook } from './links/address-book.ts';
import type { StoredRecord } from './records/record-bytes.ts';
import type { Signer, Values } from './records/values.ts';

export function createEdge(parts: {
  readonly self: Peer;
  readonly identity: LiveIdentity;
  readonly directory: PeerDirectory;
  readonly book: AddressBook;
  readonly values: Values;
  readonly voting: Voting;
  readonly listing: Listing;
  /** Where records are not signed. */
  readonly unsigned: UnsignedRecords | undefined;
  /** Through how many nodes a relay may go from here on; 0: none is taken. */
  readonly hopsMax: number;
  readonly ttlSMax: number;
}): Edge {
  const { self, identity, directory, book, values, voting, listing, unsigned } = parts;
  const { hopsMax, ttlSMax } = parts;
  return {
    directory,
    hopsMax,
    ttlSMax,
    hash: sha256,
    verify: (header) => {
      if (unsigned !== undefined) return unsigned.verify(header) ? 'good' : 'forged';
      const { certificate, publishedAtMs: atWallMs, publisher: id, signature } = header;
      return identity.judgeSigned(
        { certificate, atWallMs, id },
        () => signedBytes(header),
        signature,
      );
    },
    addressesOf: (peer) => book.addressesOf(peer),
    learn: (peer, addresses) => {
      if (peer === self) return;
      if (unsigned === undefined) book.hear(peer, addresses);
      // An id that is an address can be nowhere else.
      else book.hear(peer, addresses.filter(isPlaceOf(directory.idOf(peer))));
    },
    envelopeOf: (record) => values.envelopeOf(record),
    keep: (record, envelope) => {
      values.keep(record, envelope);
    },
    endorses: (list) => listing.endorses(list),
    keepIntroducers: (list, wire) => {
      listing.keepIntroducers(list, wire);
    },
    introducersOf: (list) => listing.introducersOf(list),
    certifies: (voters) => voting.certifies(voters),
    signatureOf: (version) => voting.signatureOf(version),
  };
}

export function createSigner(identity: LiveIdentity, unsigned?: UnsignedRecords): Signer {
  return {
    publisher: identity.now.nodeId,
    get certificate() {
      return unsigned === undefined ? identity.now.certificateDer : NO_BYTES;
    },
    sign: (claims, value) => {
      const sealed = { ...claims, size: value.length, digest: sha256(value) };
      return unsigned?.seal(sealed) ?? signBytes(identity.now, signedBytes(sealed));
    },
  };
}

/** Whether the newest list has revoked the publisher of a record on disk. */
export function revocationJudge(identity: LiveIdentity): (stored: StoredRecord) => boolean {
  return ({ header, envelope }) => identity.hasRevoked(envelope.certificate, header.publishedAtMs);
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

function isPlaceOf(id: Uint8Array): (address: WireAddress) => boolean {
  return (address) => address.family === 4 && Buffer.compare(idOfPlace(address), id) === 0;
}

const NO_BYTES = new Uint8Array(0);
