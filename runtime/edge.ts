/**
 * The runtime's side of `host/admit`: hashing, verifying, signing, addresses and bytes, for one
 * node. The only file in which records meet cryptography (docs/wire.md, Records).
 *
 * Invariant: a record is good when the publisher's certificate was signed by our authority, was
 * valid at the publication, is not revoked, names the publisher's id, and its key made the
 * signature over exactly `signedBytes`. Nothing here throws on what a peer sent.
 */
import { hash } from 'node:crypto';
import type { Edge } from '../host/admit.ts';
import type { PeerDirectory } from '../host/directory.ts';
import { signedBytes } from '../src/codec/record.ts';
import type { Peer } from '../src/types.ts';
import type { Listing } from './election/listing.ts';
import type { Voting } from './election/voting.ts';
import { signBytes } from './identity/identity.ts';
import type { LiveIdentity } from './identity/live-identity.ts';
import type { AddressBook } from './links/address-book.ts';
import type { Signer, Values } from './records/values.ts';

export function createEdge(parts: {
  readonly self: Peer;
  readonly identity: LiveIdentity;
  readonly directory: PeerDirectory;
  readonly book: AddressBook;
  readonly values: Values;
  readonly voting: Voting;
  readonly listing: Listing;
}): Edge {
  const { self, identity, directory, book, values, voting, listing } = parts;
  return {
    directory,
    hash: sha256,
    verify: (header) => {
      const { certificate, publishedAtMs: atWallMs, publisher: id, signature } = header;
      return identity.hasSigned(
        { certificate, atWallMs, id },
        () => signedBytes(header),
        signature,
      );
    },
    addressesOf: (peer) => book.addressesOf(peer),
    learn: (peer, addresses) => {
      if (peer !== self) book.hear(peer, addresses);
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

export function createSigner(identity: LiveIdentity): Signer {
  return {
    publisher: identity.now.nodeId,
    get certificate() {
      return identity.now.certificateDer;
    },
    sign: (claims, value) => {
      const sealed = { ...claims, size: value.length, digest: sha256(value) };
      return signBytes(identity.now, signedBytes(sealed));
    },
  };
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}
