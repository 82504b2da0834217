/**
 * What happened on all links of a node since its start, and whom it turned away: counted in place
 * by whoever does it, read by the status and the metrics of the node. Nothing decides by these
 * numbers.
 */
import type { Refused } from './admission.ts';

/** Why a connection never became a link: before, in or after its handshake. */
export type HandshakeRefusal =
  | Refused
  /** More connections than are accepted at once. */
  | 'connections'
  /** Too many waited for their turn, or it did not come in time. */
  | 'queue'
  /** What the other side presented, or nothing, was no certificate of a peer. */
  | 'certificate'
  /** The handshake broke off, or took too long. */
  | 'broken'
  /** The subnet of a peer that proved its id has all the links it may have. */
  | 'subnet-links';

/** Why an address that is only heard of was not dialled: too many dials failed in its subnet, */
export type DialRefusal =
  /** where nobody was found of late, */
  | 'unknown-subnet'
  /** or where others live. */
  | 'known-subnet';

/** Turned away since the start, by reason. */
export class Refusals {
  readonly handshakes = new Map<HandshakeRefusal, number>();
  readonly dials = new Map<DialRefusal, number>();

  handshake(reason: HandshakeRefusal): void {
    this.handshakes.set(reason, (this.handshakes.get(reason) ?? 0) + 1);
  }

  dial(reason: DialRefusal): void {
    this.dials.set(reason, (this.dials.get(reason) ?? 0) + 1);
  }
}

export interface LinkCounts {
  /** Links that are up now. */
  linksUp: number;
  framesIn: number;
  framesOut: number;
  /** Replies to no open call, and replies of ours whose link was gone. */
  repliesUnasked: number;
  repliesHomeless: number;
  requestsDropped: number;
  /** Closed by a newer revocation list. */
  linksRevoked: number;
  /** Strangers turned away for want of room. */
  linksRefused: number;
}

export function noCounts(): LinkCounts {
  return {
    linksUp: 0,
    framesIn: 0,
    framesOut: 0,
    repliesUnasked: 0,
    repliesHomeless: 0,
    requestsDropped: 0,
    linksRevoked: 0,
    linksRefused: 0,
  };
}
