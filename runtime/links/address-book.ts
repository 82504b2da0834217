/**
 * Where peers are: the addresses behind the handles, which the core never sees.
 *
 * Rule: what a peer said itself, in the hello of an authenticated link, wins over what others say
 * of it, until dialling it there has failed. Hearsay is only a place to try: the certificate found
 * there decides. Invariant: at most `ADDRESSES_PER_PEER_MAX` addresses a peer, so the book is as
 * bounded as the directory; every address is kept in its one spelling, as a copy.
 */
import { ADDRESSES_PER_PEER_MAX } from '../../src/limits.ts';
import type { Peer } from '../../src/types.ts';
import type { WireAddress } from '../../src/wire-types.ts';
import { formatEndpoint, fromWireAddress, toWireAddress } from './address.ts';

export interface AddressBook {
  readonly addressesOf: (peer: Peer) => readonly WireAddress[];
  /** What the peer itself said on an authenticated link. */
  readonly prove: (peer: Peer, addresses: readonly WireAddress[]) => void;
  /** What another peer said. */
  readonly hear: (peer: Peer, addresses: readonly WireAddress[]) => void;
  /** The peer was not to be found at any of its addresses: hearsay counts again. */
  readonly doubt: (peer: Peer) => void;
}

export function createAddressBook(): AddressBook {
  const entries = new Map<Peer, Entry>();
  return {
    addressesOf: (peer) => entries.get(peer)?.addresses ?? NONE,
    prove: (peer, addresses) => {
      entries.set(peer, { addresses: distinct(addresses), proven: true });
    },
    hear: (peer, addresses) => {
      const known = entries.get(peer);
      if (known?.proven === true) return;
      if (known !== undefined && addresses.every((address) => isAmong(known.addresses, address))) {
        return;
      }
      // The newest hearsay comes first: of several liars, the first must not win for ever.
      const merged = distinct([...addresses, ...(known?.addresses ?? NONE)]);
      entries.set(peer, { addresses: merged, proven: false });
    },
    doubt: (peer) => {
      const known = entries.get(peer);
      if (known?.proven === true) entries.set(peer, { ...known, proven: false });
    },
  };
}

/** The first address of a peer as people write it; nothing when there is none. */
export function placeOf(book: AddressBook, peer: Peer): string | undefined {
  const [first] = book.addressesOf(peer);
  const endpoint = first === undefined ? undefined : fromWireAddress(first);
  return endpoint === undefined ? undefined : formatEndpoint(endpoint);
}

interface Entry {
  readonly addresses: readonly WireAddress[];
  readonly proven: boolean;
}

function distinct(addresses: readonly WireAddress[]): readonly WireAddress[] {
  const kept: WireAddress[] = [];
  for (const address of addresses) {
    if (kept.length === ADDRESSES_PER_PEER_MAX) break;
    const plain = plainAddress(address);
    if (plain !== undefined && !isAmong(kept, plain)) kept.push(plain);
  }
  return kept;
}

function plainAddress(address: WireAddress): WireAddress | undefined {
  const endpoint = fromWireAddress(address);
  return endpoint === undefined ? undefined : toWireAddress(endpoint);
}

function isAmong(list: readonly WireAddress[], address: WireAddress): boolean {
  return list.some(
    (one) =>
      one.port === address.port &&
      one.ip.length === address.ip.length &&
      one.ip.every((byte, index) => byte === address.ip[index]),
  );
}

const NONE: readonly WireAddress[] = [];
