/**
 * Between links and driver: frames become the core's inputs, its effects become frames, writes,
 * signatures and dials. The runtime's counterpart of the simulator's network.
 *
 * Rules: a request that `admit` refuses is answered without a step; one that cannot be delivered
 * comes back as `unreachable`, one whose bytes are gone as `unsent`; a reply whose bytes are gone
 * says so instead of leaving its asker waiting.
 */
import { admit } from '../host/admit.ts';
import type { Edge } from '../host/admit.ts';
import { present } from '../host/present.ts';
import { bytesOfBits256 } from '../host/words.ts';
import { assert, assertNever } from '../src/assert.ts';
import { encodePeer } from '../src/codec/peer.ts';
import { RELAYS_MAX } from '../src/limits.ts';
import type { Input } from '../src/step-types.ts';
import type { CallId, Config, Message, Peer, Request } from '../src/types.ts';
import type { WireRecord, WireRefusal, WireRequest } from '../src/wire-types.ts';
import { Allowance } from './allowance.ts';
import { monotonicMs } from './clock.ts';
import type { Handlers } from './driver.ts';
import type { Voting } from './election/voting.ts';
import type { Endpoint } from './links/address.ts';
import type { CallFrame, FrameReceiver } from './links/link.ts';
import type { LinkPort } from './links/ports.ts';
import { shortHex } from './log.ts';
import type { Log } from './log.ts';
import type { Operations } from './operations.ts';
import type { Values } from './records/values.ts';

export interface TrafficParts {
  readonly feed: (input: Input) => void;
  /** Asked for when needed: links and traffic know each other. */
  readonly links: () => LinkPort;
  readonly operations: Operations;
  readonly config: Config;
  readonly edge: Edge;
  readonly values: Values;
  readonly voting: Voting;
  readonly introducers: readonly Endpoint[];
  readonly log: Log;
  /** The table has another contact. */
  readonly onContact: () => void;
  /** How much older what is read now may be than it says, in ms. */
  readonly lateMs: () => number;
  /** The wall clock by which records are judged. */
  readonly wallMs: () => number;
}

/** What a link hands up: a frame of a call, from a peer that proved its id, and when it came. */
export function frameReceiver(parts: TrafficParts): FrameReceiver {
  const { feed, edge, values, log } = parts;
  const allowance = new Allowance<Peer>();
  const retainRelayed = relayRetainer(parts);
  return (from, frame, waitedMs) => {
    if (isCostly(frame) && !allowance.take(from, monotonicMs())) {
      log.warn({ peer: nameOf(edge, from) }, 'a peer asks too much about records');
      refuse(parts, from, frame.call, 'full');
      return;
    }
    if (frame.type === 'request' && hasRecord(frame.body) && values.isFull) {
      refuse(parts, from, frame.call, 'full');
      return;
    }
    const admitted = admit(edge, aged(frame, parts.lateMs() + waitedMs), parts.wallMs());
    switch (admitted.type) {
      case 'message':
        feed({ type: 'message', from, message: admitted.message });
        retainRelayed(admitted.message);
        break;
      case 'refused':
        refuse(parts, from, admitted.call, admitted.reason);
        break;
      case 'void':
        log.warn({ peer: nameOf(edge, from), reason: admitted.reason }, 'reply refused');
        feed({ type: 'message', from, message: admitted.message });
        break;
      case 'dropped':
        log.warn({ peer: nameOf(edge, from), reason: admitted.reason }, 'reply dropped');
        break;
      default:
        assertNever(admitted);
    }
    values.endMessage();
  };
}

/** Whether answering takes a look at all records. */
function isCostly(frame: CallFrame): boolean {
  if (frame.type !== 'request') return false;
  const { type } = frame.body;
  return type === 'check' || type === 'compare' || type === 'leave';
}

/** The frame with what a record in it may have left to live after so long a delay. */
function aged(frame: CallFrame, byMs: number): CallFrame {
  if (byMs <= 0) return frame;
  if (frame.type === 'request' && hasRecord(frame.body)) {
    return { ...frame, body: { ...frame.body, record: agedRecord(frame.body.record, byMs) } };
  }
  if (frame.type === 'reply' && frame.body.type === 'value') {
    return { ...frame, body: { ...frame.body, record: agedRecord(frame.body.record, byMs) } };
  }
  return frame;
}

/** Whether a request brings a record to be stored. */
function hasRecord<B extends Request | WireRequest>(
  body: B,
): body is Extract<B, { readonly type: 'store' | 'relay' }> {
  return body.type === 'store' || body.type === 'relay';
}

/**
 * To whom the core passes a relay on in place of another, it says later. No more are kept for that
 * than may be under way: others' values must not take the room of what own clients ask for.
 */
function relayRetainer({ values, config }: TrafficParts): (message: Message) => void {
  let retained = 0;
  return ({ body }) => {
    if (body.type !== 'relay' || body.hops === 1 || retained === RELAYS_MAX) return;
    const release = values.retain(body.record);
    retained += 1;
    const end = (): void => {
      retained -= 1;
      release();
    };
    setTimeout(end, config.operationMs).unref();
  };
}

function agedRecord(record: WireRecord, byMs: number): WireRecord {
  return { ...record, lifeMs: Math.max(0, record.lifeMs - byMs) };
}

/** What each effect of the core becomes. */
export function effectHandlers(parts: TrafficParts): Handlers {
  const { feed, links, operations, edge, values, voting, introducers, log } = parts;
  return {
    send: ({ to, message }) => {
      send(parts, to, message);
    },
    settle: ({ op, outcome }) => {
      operations.settle(op, outcome);
    },
    persist: ({ token, writes }) => {
      const done = (ok: boolean): void => {
        feed({ type: 'persisted', token, ok });
      };
      const records = writes.filter((write) => write.type !== 'ballot');
      const ballot = writes.find((write) => write.type === 'ballot');
      if (ballot === undefined) return values.persist(records, done);
      assert(writes.length === 1, 'a ballot is written alone');
      void voting.persist(ballot.ballot).then(done);
    },
    sign: ({ token, body }) => {
      feed({ type: 'signed', token, record: values.sign(token, body) });
    },
    introduce: ({ introducer }) => {
      const endpoint = introducers[introducer];
      const found =
        endpoint === undefined ? Promise.resolve(undefined) : links().introduce([endpoint]);
      void found.then((peer) => {
        feed({ type: 'introduced', introducer, peer });
      });
    },
    note: ({ note }) => {
      if (note.type === 'contact-added') parts.onContact();
      if (note.type === 'record-expired') log.debug({ records: note.count }, note.type);
      else if (note.type === 'handover-cut')
        log.warn({ replicas: note.count }, 'leaving before all records were handed over');
      else if (note.type === 'fellow-shunned')
        log.warn({ peer: nameOf(edge, note.peer) }, note.type);
      else if ('peer' in note) log.debug({ peer: nameOf(edge, note.peer) }, note.type);
      else log.debug({ key: shortHex(bytesOfBits256(note.key.raw)) }, note.type);
    },
  };
}

function send(parts: TrafficParts, to: Peer, message: Message): void {
  const { call } = message;
  const wire = present(parts.edge, message);
  if (message.type === 'reply') {
    const { body } = message;
    if (body.type === 'refused' && body.reason === 'full') {
      parts.log.warn(
        { peer: nameOf(parts.edge, to) },
        'a store was refused: no room in the quotas, or too many wait for the disk',
      );
    }
    if (wire === undefined) refuse(parts, to, call, 'not-stored');
    else parts.links().reply(to, call, encodePeer(wire));
  } else if (wire === undefined) {
    parts.feed({ type: 'unsent', peer: to, call });
  } else {
    const later = hasRecord(message.body)
      ? (byMs: number) => encodePeer(aged(wire, byMs))
      : undefined;
    parts.links().request(to, call, encodePeer(wire), later);
  }
}

function refuse(parts: TrafficParts, to: Peer, call: CallId, reason: WireRefusal): void {
  const body = { type: 'refused', reason } as const;
  parts.links().reply(to, call, encodePeer({ type: 'reply', call, body }));
}

function nameOf(edge: Edge, peer: Peer): string {
  return shortHex(edge.directory.idOf(peer));
}
