/**
 * The one pass from what travelled to what the core understands, in both hosts: it hashes keys,
 * verifies records, clamps what a sender may have overstated and turns ids into handles. Its
 * reverse is `present.ts`. Hash, verification and addresses come from the edge.
 *
 * Bytes handed on (`Envelope`, addresses) may be views of the receive buffer: an edge copies what
 * it keeps. Nothing here throws on what a peer sent.
 *
 * Remaining life: the publisher cannot sign it, so a hostile holder could
 * set it back. Therefore it is at most what was passed on, at most the TTL, and at most what the
 * signed publication time leaves by our own clock, with an allowance for clocks that differ.
 */
import { assertNever } from '../src/assert.ts';
import { peersIn } from '../src/codec/address.ts';
import { headerFor } from '../src/codec/record.ts';
import {
  LIFE_MS_MAX,
  PEERS_PER_REPLY_MAX,
  TTL_S_MAX,
  VERSION_AHEAD_MS_MAX,
} from '../src/limits.ts';
import { lifeByPublication } from '../src/state/store.ts';
import type {
  Introducers,
  Key,
  Message,
  Peer,
  RecordHeader,
  Refusal,
  Reply,
  Request,
} from '../src/types.ts';
import type {
  WireAddress,
  WireHeader,
  WireIntroducers,
  WireMessage,
  WirePeers,
  WireRecord,
  WireRefusal,
  WireReply,
  WireRequest,
} from '../src/wire-types.ts';
import type { PeerDirectory } from './directory.ts';
import { rangeOf, sumOf, wordsOf } from './rounds.ts';
import { admitVoters } from './voters.ts';
import type { IntroducersEdge, VotersEdge } from './voters.ts';
import { bits256Of, positionOf, positionOfId } from './words.ts';

/** The bytes of a record that the core does not hold. */
export interface Envelope {
  readonly value: Uint8Array;
  readonly publisher: Uint8Array;
  readonly certificate: Uint8Array;
  readonly signature: Uint8Array;
}

/** Of a record's signature; `revoked`: good, but for what its certificate has come to since. */
export type Verdict = 'good' | 'revoked' | 'forged';

/** What the host's edge hands in. */
export interface Edge extends VotersEdge, IntroducersEdge {
  readonly directory: PeerDirectory;
  /** Through how many nodes a relay may go from here on, this one counted; 0: none is taken. */
  readonly hopsMax: number;
  /** Seconds that a record lives at most, whatever its publisher signed. */
  readonly ttlSMax: number;
  /** SHA-256. */
  hash(bytes: Uint8Array): Uint8Array;
  /** Certificate valid at publication, not revoked, and its key signed `signedBytes(header)`. */
  verify(header: WireHeader): Verdict;
  /** The addresses to name a peer by; one without any is never named. */
  addressesOf(peer: Peer): readonly WireAddress[];
  /** Hearsay: where a peer is said to be. Never overrides what the peer itself proved. */
  learn(peer: Peer, addresses: readonly WireAddress[]): void;
  /** The bytes for a header about to be sent; `undefined` when they are gone. */
  envelopeOf(record: RecordHeader): Envelope | undefined;
  /** The bytes that arrived with a header; kept at least until the step that gets the header. */
  keep(record: RecordHeader, envelope: Envelope): void;
}

/** A request or a reply; hello and goodbye end at the link and never reach the core. */
export type WireCall = Extract<WireMessage, { readonly type: 'request' | 'reply' }>;

export type Admitted =
  | { readonly type: 'message'; readonly message: Message }
  /** To be answered so on the same link, without a step. */
  | { readonly type: 'refused'; readonly call: number; readonly reason: WireRefusal }
  /** A reply that an honest peer may send: to the core it is a refusal, of a peer that lives. */
  | { readonly type: 'void'; readonly message: Message; readonly reason: string }
  /** Another one. To be counted; the call it answers stays open until its deadline. */
  | { readonly type: 'dropped'; readonly reason: string };

export function admit(edge: Edge, wire: WireCall, wallMs: number): Admitted {
  const { call } = wire;
  if (wire.type === 'request') {
    const body = admitRequest(edge, wire.body, wallMs);
    if (body.type === 'refusal') return { type: 'refused', call, reason: body.reason };
    return { type: 'message', message: { type: 'request', call, body } };
  }
  const body = admitReply(edge, wire.body, wallMs);
  if (body.type === 'refusal') {
    const reason = `record ${body.reason}`;
    if (!body.isHonest) return { type: 'dropped', reason };
    return { type: 'void', message: { type: 'reply', call, body: NOT_STORED }, reason };
  }
  return { type: 'message', message: { type: 'reply', call, body } };
}

/** A raw key with its position: the last 160 bits of its SHA-256. */
export function keyOf(edge: Pick<Edge, 'hash'>, raw: Uint8Array): Key {
  return { raw: bits256Of(raw), position: positionOfId(edge.hash(raw)) };
}

type WireRelay = Extract<WireRequest, { readonly type: 'relay' }>;

/** Why a record was not taken; never leaves this file as it is. */
interface RecordRefusal {
  readonly type: 'refusal';
  readonly reason: 'invalid' | 'expired';
  /** Whether it may be good by another clock, or an older list of revocations. */
  readonly isHonest: boolean;
}

function admitRequest(edge: Edge, body: WireRequest, wallMs: number): Request | RecordRefusal {
  switch (body.type) {
    case 'ping':
    case 'leave':
      return { type: body.type };
    case 'find-node':
      return { type: 'find-node', target: positionOf(body.target) };
    case 'find-value':
    case 'find-version':
      return { type: body.type, key: keyOf(edge, body.key) };
    case 'check': {
      const { range, nonce, sum } = body;
      return { type: 'check', range: rangeOf(range), nonce: nonce | 0, sum: sumOf(sum) };
    }
    case 'compare': {
      const { range, nonce, tags } = body;
      return { type: 'compare', range: rangeOf(range), nonce: nonce | 0, tags: wordsOf(tags) };
    }
    case 'store': {
      const record = admitRecord(edge, body.record, wallMs);
      return 'type' in record ? record : { type: 'store', record };
    }
    case 'relay':
      return admitRelay(edge, body, wallMs);
    case 'vote':
      return { type: 'vote', term: body.term, isPreVote: body.isPreVote, version: body.version };
    case 'heartbeat': {
      const voters = admitVoters(edge, body.voters);
      return voters === undefined ? INVALID : { type: 'heartbeat', term: body.term, voters };
    }
    case 'resign': {
      // A voter, and therefore known: whoever sends this could fill the directory with others.
      const successor = edge.directory.find(body.successor);
      return successor === undefined ? INVALID : { type: 'resign', term: body.term, successor };
    }
    case 'announce': {
      const introducers = admitIntroducers(edge, body.introducers, wallMs);
      return introducers === undefined ? INVALID : { type: 'announce', introducers };
    }
    case 'introduce':
      return { type: 'introduce' };
    default:
      return assertNever(body);
  }
}

function admitReply(edge: Edge, body: WireReply, wallMs: number): Reply | RecordRefusal {
  switch (body.type) {
    case 'ok':
      return { type: 'ok' };
    case 'peers':
      return { type: 'peers', peers: admitPeers(edge, body.peers) };
    case 'value': {
      const record = admitRecord(edge, body.record, wallMs);
      return 'type' in record ? record : { type: 'value', record };
    }
    case 'version': {
      const record = admitHeader(edge, body.header, wallMs);
      if ('type' in record) return record;
      return { type: 'version', record, peers: admitPeers(edge, body.peers) };
    }
    case 'sum':
      return { type: 'sum', range: rangeOf(body.range), sum: sumOf(body.sum) };
    case 'tags':
      return { type: 'tags', range: rangeOf(body.range), tags: wordsOf(body.tags) };
    case 'term':
      return { type: 'term', term: body.term, version: body.version, ok: body.ok };
    case 'introduction': {
      const { introducers: list } = body;
      const introducers = list === undefined ? list : admitIntroducers(edge, list, wallMs);
      // Whom it knows is worth hearing in any case.
      return { type: 'introduction', introducers, peers: admitPeers(edge, body.peers) };
    }
    case 'refused':
      return { type: 'refused', reason: refusalOf(body.reason) };
    default:
      return assertNever(body);
  }
}

/** Whoever may have a record passed on without end could make of one frame any number. */
function admitRelay(edge: Edge, body: WireRelay, wallMs: number): Request | RecordRefusal {
  if (edge.hopsMax === 0) return INVALID;
  const record = admitRecord(edge, body.record, wallMs);
  if ('type' in record) return record;
  return { type: 'relay', record, hops: Math.max(1, Math.min(body.hops, edge.hopsMax)) };
}

function admitRecord(edge: Edge, record: WireRecord, wallMs: number): RecordHeader | RecordRefusal {
  const header = admitHeader(edge, headerFor(record, edge.hash(record.value)), wallMs);
  if (!('type' in header)) edge.keep(header, record);
  return header;
}

/** Cheap checks first: the signature costs more than all others together. */
function admitHeader(edge: Edge, header: WireHeader, wallMs: number): RecordHeader | RecordRefusal {
  const { version, publishedAtMs, ttlS, replication, size } = header;
  const latestMs = wallMs + VERSION_AHEAD_MS_MAX;
  if (ttlS < 1 || ttlS > TTL_S_MAX) return INVALID;
  if (version > latestMs || publishedAtMs > latestMs) return UNTIMELY;
  const lifeMs = lifeOf(edge, header, wallMs);
  if (lifeMs < 1) return EXPIRED;
  const verdict = edge.verify(header);
  if (verdict !== 'good') return verdict === 'revoked' ? UNTIMELY : INVALID;
  return {
    key: keyOf(edge, header.key),
    version,
    publisher: bits256Of(header.publisher),
    size,
    replication,
    ttlS,
    publishedAtMs,
    lifeMs,
  };
}

function lifeOf({ ttlSMax }: Edge, header: WireHeader, wallMs: number): number {
  const ttlMs = Math.min(header.ttlS, ttlSMax) * 1000;
  const byClockMs = Math.floor(lifeByPublication(header, ttlSMax, wallMs));
  return Math.min(header.lifeMs, ttlMs, byClockMs, LIFE_MS_MAX);
}

/** Each peer once, in the order named; those that the directory has no room for are left out. */
function admitPeers(edge: Edge, named: WirePeers): readonly Peer[] {
  const peers: Peer[] = [];
  for (const { id, addresses } of peersIn(named)) {
    if (peers.length === PEERS_PER_REPLY_MAX) break;
    const peer = edge.directory.internNamed(id);
    if (peer === undefined || peers.includes(peer)) continue;
    edge.learn(peer, addresses);
    peers.push(peer);
  }
  return peers;
}

/**
 * A list counts when its voters are certified, its leader is one of them and has signed it. Nobody
 * gets a handle before the voters are certified: who sends lists could fill the directory.
 */
function admitIntroducers(
  edge: Edge,
  wire: WireIntroducers,
  wallMs: number,
): Introducers | undefined {
  const { term, serial, madeAtMs } = wire;
  if (term < 1 || serial < 1 || madeAtMs > wallMs + VERSION_AHEAD_MS_MAX) return undefined;
  const voters = admitVoters(edge, wire.voters);
  if (voters === undefined) return undefined;
  const leader = edge.directory.find(wire.leader);
  if (leader === undefined || !voters.peers.includes(leader)) return undefined;
  if (!edge.endorses(wire)) return undefined;
  const list = { term, serial, leader, madeAtMs, peers: admitPeers(edge, wire.peers) };
  edge.keepIntroducers(list, wire);
  return list;
}

/** To the core, which sends nothing invalid, such a refusal is a store that did not work. */
function refusalOf(reason: WireRefusal): Refusal {
  return reason === 'invalid' ? 'not-stored' : reason;
}

const NOT_STORED: Reply = { type: 'refused', reason: 'not-stored' };
const INVALID: RecordRefusal = { type: 'refusal', reason: 'invalid', isHonest: false };
const UNTIMELY: RecordRefusal = { ...INVALID, isHonest: true };
const EXPIRED: RecordRefusal = { ...UNTIMELY, reason: 'expired' };
