/**
 * What the links of a node are given, and what they are to the rest of it: three ways for a message
 * to go. Nearly always these are the links themselves; where a network is played on one machine,
 * something may stand in between that delays and loses messages as a real network would.
 */
import type { TLSSocket } from 'node:tls';
import type { PeerDirectory } from '../../host/directory.ts';
import type { CallId, Peer } from '../../src/types.ts';
import type { WireAddress } from '../../src/wire-types.ts';
import type { LiveIdentity } from '../identity/live-identity.ts';
import type { Log } from '../log.ts';
import type { AddressBook } from './address-book.ts';
import type { Endpoint } from './address.ts';
import type { BlindDials } from './blind-dials.ts';
import type { Dialer } from './dialer.ts';
import type { FrameReceiver, LinkShares } from './link.ts';
import type { AgedFrame } from './pair.ts';
import type { Placing } from './placing.ts';

export interface LinksOptions {
  readonly self: Peer;
  readonly identity: LiveIdentity;
  readonly directory: PeerDirectory;
  readonly book: AddressBook;
  readonly dialer: Dialer;
  readonly blindDials: BlindDials;
  readonly placing: Placing;
  readonly log: Log;
  readonly shares: LinkShares;
  /** Accepted links at once. */
  readonly placesMax: number;
  /** Links of our own dials at once. */
  readonly dialledMax: number;
  /** For peers that choose no ALPN; nothing: there are none. */
  readonly other?: OtherDialect | undefined;
  /** What our hello says of where we listen. */
  readonly addresses: readonly WireAddress[];
  readonly onFrame: FrameReceiver;
  readonly onUnreachable: (peer: Peer, call: CallId) => void;
}

/** What goes to and comes from peers that speak another dialect, and need no links. */
export interface OtherDialect {
  /** Makes the acquaintance of a peer that we dialled; @returns why not, if so */
  readonly greet: (socket: TLSSocket, peer: Peer) => Promise<string | undefined>;
  /** @returns whether the peer is one of them; then the request is taken care of */
  readonly request: (to: Peer, call: CallId, frame: Uint8Array) => boolean;
  /** @returns whether its request came from one of them */
  readonly reply: (to: Peer, call: CallId, frame: Uint8Array) => boolean;
  readonly close: () => void;
}

/** What messages go through. */
export interface LinkPort {
  /** @param later the frame as it is to read when it had to wait for a dial */
  readonly request: (to: Peer, call: CallId, frame: Uint8Array, later?: AgedFrame) => void;
  readonly reply: (to: Peer, call: CallId, frame: Uint8Array) => void;
  /** Nothing when nobody was found there. */
  readonly introduce: (at: readonly Endpoint[], id?: string) => Promise<Peer | undefined>;
  /** Whether a request would leave without a dial. */
  readonly isUp: (to: Peer) => boolean;
}

/** What stands between a node and its links. Behind it nobody hears that a peer is gone. */
export interface Weather {
  /** @returns what messages go through instead of the links */
  readonly over: (links: LinkPort, self: Peer) => LinkPort;
}
