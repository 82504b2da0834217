/**
 * The two sides of a step: what comes in and what goes out, as data. Types only. What they are
 * about is in `types.ts`.
 *
 * Each union is discriminated by `type` and each `switch` over it ends in `assertNever`.
 */

import type { Ballot, CallId, Key, KeptRecord, Message, OpId, Peer, Position } from './types.ts';
import type { RecordBody, RecordHeader, Request, Token, Trail, Voters } from './types.ts';

export type Command =
  | { readonly type: 'join'; readonly introducers: number; readonly peers: readonly Peer[] }
  | { readonly type: 'lookup'; readonly target: Position }
  | { readonly type: 'get'; readonly key: Key }
  | {
      readonly type: 'put';
      readonly key: Key;
      readonly size: number;
      /** 0 means the configured default. */
      readonly replication: number;
      /** 0 means the configured default. */
      readonly ttlS: number;
    }
  | { readonly type: 'leave' };

export type Input =
  | { readonly type: 'command'; readonly op: OpId; readonly command: Command }
  | { readonly type: 'message'; readonly from: Peer; readonly message: Message }
  | { readonly type: 'unreachable'; readonly peer: Peer; readonly call: CallId }
  /** A request never went out, for want of the bytes behind a record: its peer is not to blame. */
  | { readonly type: 'unsent'; readonly peer: Peer; readonly call: CallId }
  | { readonly type: 'persisted'; readonly token: Token; readonly ok: boolean }
  | { readonly type: 'signed'; readonly token: Token; readonly record: RecordHeader }
  /** The host finds that the bytes of a record are not on its disk any more. */
  | { readonly type: 'lost'; readonly record: RecordHeader }
  | {
      readonly type: 'introduced';
      readonly introducer: number;
      readonly peer: Peer | undefined;
    }
  /** The host was given a list of voters, and has checked who certified it. */
  | { readonly type: 'voters'; readonly voters: Voters }
  | { readonly type: 'wake' };

export type Effect =
  | { readonly type: 'send'; readonly to: Peer; readonly message: Message }
  | { readonly type: 'settle'; readonly op: OpId; readonly outcome: Outcome }
  | { readonly type: 'persist'; readonly token: Token; readonly writes: readonly Write[] }
  | { readonly type: 'sign'; readonly token: Token; readonly body: RecordBody }
  | { readonly type: 'introduce'; readonly introducer: number }
  | { readonly type: 'note'; readonly note: Note };

export type Write = RecordWrite | { readonly type: 'ballot'; readonly ballot: Ballot };

export type RecordWrite =
  | { readonly type: 'put'; readonly record: KeptRecord }
  | { readonly type: 'delete'; readonly record: RecordHeader };

export type Outcome =
  | { readonly type: 'joined'; readonly contacts: number }
  | { readonly type: 'nodes'; readonly trail: Trail }
  | {
      readonly type: 'found';
      readonly record: RecordHeader;
      /** The node that held it; the asking node itself when it held it. */
      readonly holder: Peer;
      readonly trail: Trail;
    }
  | { readonly type: 'absent'; readonly trail: Trail }
  | {
      readonly type: 'stored';
      readonly record: RecordHeader;
      /** Those that answered that the record is on their disk. */
      readonly holders: readonly Peer[];
      readonly wanted: number;
      readonly trail: Trail;
    }
  | { readonly type: 'left' }
  | {
      readonly type: 'failed';
      readonly failure: Failure;
      readonly holders: readonly Peer[];
      readonly wanted: number;
      readonly trail: Trail;
    };

/** Why an operation did not reach its end; bad luck of the caller or of the network. */
export type Failure =
  | 'no-peers'
  | 'timed-out'
  | 'too-few-replicas'
  | 'full'
  | 'too-many-operations'
  | 'leaving'
  | 'invalid';

/** Something observed; hosts log and count it and never obey it. */
export type Note =
  | { readonly type: 'contact-added'; readonly peer: Peer }
  | { readonly type: 'contact-evicted'; readonly peer: Peer }
  | { readonly type: 'call-expired'; readonly peer: Peer; readonly kind: Request['type'] }
  | { readonly type: 'reply-unasked'; readonly peer: Peer }
  | { readonly type: 'record-expired'; readonly count: number }
  /** A replica is sent to a fellow holder that lacks it. */
  | { readonly type: 'replica-sent'; readonly key: Key; readonly peer: Peer }
  /** A replica is given up: enough nearer nodes hold it. */
  | { readonly type: 'replica-dropped'; readonly key: Key }
  /** A fellow holder shows nothing of what it should hold. */
  | { readonly type: 'fellow-shunned'; readonly peer: Peer }
  /** The time for handing over ran out before so many replicas were sent. */
  | { readonly type: 'handover-cut'; readonly count: number };
