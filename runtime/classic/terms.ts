/**
 * The two dialects in each other's words: requests of ours as questions to an older node, its
 * answers as replies; its questions as requests, our replies as its answers (docs/classic.md).
 *
 * Pure but for the records that it recognises. What the older dialect has no word for is refused
 * where it asks about records or elections, as by a node of an earlier version, and done where it
 * only takes leave.
 */
import { hash } from 'node:crypto';
import { packPeers, peersIn } from '../../src/codec/address.ts';
import { PEERS_PER_REPLY_MAX, REPLICATION_MAX } from '../../src/limits.ts';
import type { ClassicMessage, Ipv4Address, WirePeer, WirePeers } from '../../src/wire-types.ts';
import type { WireRecord, WireReply, WireRequest } from '../../src/wire-types.ts';
import { PUT_TTL_S_MAX } from '../bounds.ts';
import { idOfPlace } from '../identity/address-identity.ts';
import type { UnsignedRecords } from './unsigned.ts';

/** What this node is, in the older dialect's terms. */
export interface Terms {
  readonly id: Uint8Array;
  readonly address: Ipv4Address;
  readonly records: UnsignedRecords;
  /** Nodes named in the answer to FIND_VALUE. */
  readonly alpha: number;
  /** Hops of a PUT that names none. */
  readonly hopsMax: number;
  /** For a PUT that names none. */
  readonly ttlS: number;
  readonly replication: number;
}

/** A request of ours: a question, a store that is told and read back, or answered here. */
export type Speech =
  | {
      readonly type: 'ask';
      readonly question: ClassicMessage;
      readonly answerIn: (message: ClassicMessage) => WireReply | undefined;
    }
  | { readonly type: 'store'; readonly record: WireRecord; readonly hops: number }
  | { readonly type: 'answered'; readonly reply: WireReply };

export function speechOf(terms: Terms, body: WireRequest): Speech {
  const { id, address: from } = terms;
  switch (body.type) {
    case 'ping':
      return { type: 'ask', question: { type: 'ping', id, from }, answerIn: pongTo(id) };
    case 'find-node': {
      // It names nodes near the asker, whatever was asked for.
      const answerIn = (message: ClassicMessage): WireReply | undefined =>
        message.type === 'node-reply' ? named(message.addresses) : undefined;
      return { type: 'ask', question: { type: 'find-node', from }, answerIn };
    }
    case 'find-version':
    case 'find-value': {
      const { key, type } = body;
      const answerIn = (message: ClassicMessage): WireReply | undefined =>
        foundIn(terms, key, type, message);
      return { type: 'ask', question: { type: 'find-value', key }, answerIn };
    }
    case 'store':
      return { type: 'store', record: body.record, hops: 1 };
    case 'relay':
      return { type: 'store', record: body.record, hops: body.hops };
    case 'leave':
      return { type: 'answered', reply: { type: 'ok' } };
    default:
      return { type: 'answered', reply: { type: 'refused', reason: 'invalid' } };
  }
}

/** The answer to a PING with this id. */
export function pongTo(id: Uint8Array): (message: ClassicMessage) => WireReply | undefined {
  return (message) =>
    message.type === 'pong' && isSame(message.id, id) ? { type: 'ok' } : undefined;
}

/** What a record is to an older node: bytes, with the life that is left. */
export function putOf(
  { key, lifeMs, replication, value }: WireRecord,
  hops: number,
): ClassicMessage {
  const ttlS = Math.max(1, Math.min(PUT_TTL_S_MAX, Math.floor(lifeMs / 1000)));
  return { type: 'put', ttlS, replication, hops, key, value };
}

/** What an answer to FIND_VALUE shows, for reading a store back; nothing when it is none. */
export function shownIn(
  key: Uint8Array,
  message: ClassicMessage,
): { readonly value: Uint8Array | undefined } | undefined {
  switch (message.type) {
    case 'success':
      return isSame(message.key, key) ? { value: message.value } : undefined;
    case 'failure':
      return isSame(message.key, key) ? NO_VALUE : undefined;
    case 'node-reply':
      return NO_VALUE;
    case 'text':
      return message.text === 'Value not found' ? NO_VALUE : undefined;
    default:
      return undefined;
  }
}

/** A question of an older node that wants an answer, or that asks to store something. */
export type Asked = Extract<ClassicMessage, { type: 'ping' | 'find-node' | 'find-value' | 'put' }>;

export function requestOf(terms: Terms, asked: Asked): WireRequest {
  switch (asked.type) {
    case 'ping':
      return { type: 'ping' };
    case 'find-node':
      return { type: 'find-node', target: idOfPlace(asked.from).subarray(POSITION_AT) };
    case 'find-value':
      return { type: 'find-value', key: asked.key };
    case 'put': {
      const { key, value } = asked;
      const ttlS = asked.ttlS || terms.ttlS;
      const replication = Math.min(asked.replication || terms.replication, REPLICATION_MAX);
      const rest = { publisher: terms.id, ttlS, replication };
      const record = terms.records.received(key, value, rest);
      // No more than this node allows, as of any relay (`host/admit.ts`).
      return { type: 'relay', hops: asked.hops || terms.hopsMax, record };
    }
  }
}

/** What is said to it; nothing where it expects no answer. */
export function answerOf(terms: Terms, asked: Asked, reply: WireReply): ClassicMessage | undefined {
  switch (asked.type) {
    case 'ping':
      return reply.type === 'ok' ? { type: 'pong', id: asked.id, from: terms.address } : undefined;
    case 'find-node':
      return {
        type: 'node-reply',
        addresses: reply.type === 'peers' ? placesIn(peersIn(reply.peers)) : [],
      };
    case 'find-value': {
      const { key } = asked;
      if (reply.type === 'peers') {
        const nearest = nearestTo(key, reply.peers).slice(0, terms.alpha);
        return { type: 'node-reply', addresses: placesIn(nearest) };
      }
      const isShown = reply.type === 'value' && reply.record.value.length <= SHOWN_BYTES_MAX;
      return isShown
        ? { type: 'success', key, value: reply.record.value }
        : { type: 'failure', key };
    }
    case 'put':
      return undefined;
  }
}

function foundIn(
  { records }: Terms,
  key: Uint8Array,
  asked: 'find-version' | 'find-value',
  message: ClassicMessage,
): WireReply | undefined {
  if (message.type === 'node-reply') return named(message.addresses);
  const shown = shownIn(key, message);
  if (shown === undefined) return undefined;
  const record = shown.value && records.identify(key, shown.value);
  if (record === undefined) return named([]);
  if (asked === 'find-value') return { type: 'value', record };
  return { type: 'version', header: records.headerOf(record), peers: packPeers([]) };
}

/** Nodes known by their places alone, each once. */
function named(addresses: readonly Ipv4Address[]): WireReply {
  const byPlace = new Map(
    addresses.map((address) => [`${address.ip.join('.')}:${address.port}`, address]),
  );
  const peers = [...byPlace.values()]
    .slice(0, PEERS_PER_REPLY_MAX)
    .map((address) => ({ id: idOfPlace(address), addresses: [address] }));
  return { type: 'peers', peers: packPeers(peers) };
}

/** A reply names peers in no particular order. */
function nearestTo(key: Uint8Array, peers: WirePeers): readonly WirePeer[] {
  const target = hash('sha256', key, 'buffer');
  const byDistance = [...peersIn(peers)].map((peer) => ({ peer, far: distance(peer.id, target) }));
  return byDistance.sort((a, b) => Buffer.compare(a.far, b.far)).map(({ peer }) => peer);
}

function distance(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.subarray(POSITION_AT).map((byte, at) => byte ^ (b[POSITION_AT + at] ?? 0));
}

/** The places of peers that have one of IPv4. */
function placesIn(peers: Iterable<WirePeer>): readonly Ipv4Address[] {
  const places: Ipv4Address[] = [];
  for (const { addresses } of peers) {
    const place = addresses.find((address): address is Ipv4Address => address.family === 4);
    if (place !== undefined) places.push(place);
  }
  return places;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

const NO_VALUE = { value: undefined };
/** A position is the last 20 bytes of an id. */
const POSITION_AT = 12;
/** An older node reads so much of a value at most: more would reach it cut. */
const SHOWN_BYTES_MAX = 964;
