/**
 * The reverse of `admit`: a message of the core as it travels. A peer that has no address to be
 * named by is left out of a reply; a message whose bytes are gone is not sent.
 */
import { assertNever } from '../src/assert.ts';
import { packPeers } from '../src/codec/address.ts';
import { headerFor } from '../src/codec/record.ts';
import { ADDRESSES_PER_PEER_MAX, LIFE_MS_MAX, PEERS_PER_REPLY_MAX } from '../src/limits.ts';
import type { Message, Peer, RecordHeader, Reply, Request } from '../src/types.ts';
import type { WirePeer, WirePeers, WireRecord, WireReply, WireRequest } from '../src/wire-types.ts';
import type { Edge, WireCall } from './admit.ts';
import { bytesOfWords, wireRange, wireSum } from './rounds.ts';
import { presentVoters } from './voters.ts';
import { bytesOfBits256, bytesOfPosition } from './words.ts';

/** The wire form of a message; `undefined` when the bytes of its record are gone. */
export function present(edge: Edge, message: Message): WireCall | undefined {
  const { call } = message;
  if (message.type === 'request') {
    const body = presentRequest(edge, message.body);
    return body === undefined ? undefined : { type: 'request', call, body };
  }
  const body = presentReply(edge, message.body);
  return body === undefined ? undefined : { type: 'reply', call, body };
}

function presentRequest(edge: Edge, body: Request): WireRequest | undefined {
  switch (body.type) {
    case 'ping':
    case 'leave':
      return { type: body.type };
    case 'find-node':
      return { type: 'find-node', target: bytesOfPosition(body.target) };
    case 'find-value':
    case 'find-version':
      return { type: body.type, key: bytesOfBits256(body.key.raw) };
    case 'check': {
      const { range, nonce, sum } = body;
      return { type: 'check', range: wireRange(range), nonce: nonce >>> 0, sum: wireSum(sum) };
    }
    case 'compare': {
      const [range, tags] = [wireRange(body.range), bytesOfWords(body.tags)];
      return { type: 'compare', range, nonce: body.nonce >>> 0, tags };
    }
    case 'store': {
      const record = presentRecord(edge, body.record);
      return record === undefined ? undefined : { type: 'store', record };
    }
    case 'relay': {
      const record = presentRecord(edge, body.record);
      return record === undefined ? undefined : { type: 'relay', hops: body.hops, record };
    }
    case 'vote':
      return { type: 'vote', term: body.term, version: body.version, isPreVote: body.isPreVote };
    case 'heartbeat': {
      const voters = presentVoters(edge, body.voters);
      return voters === undefined ? undefined : { type: 'heartbeat', term: body.term, voters };
    }
    case 'resign': {
      const successor = edge.directory.idOf(body.successor);
      return { type: 'resign', term: body.term, successor };
    }
    case 'announce': {
      const introducers = edge.introducersOf(body.introducers);
      return introducers === undefined ? undefined : { type: 'announce', introducers };
    }
    case 'introduce':
      return { type: 'introduce' };
    default:
      return assertNever(body);
  }
}

function presentReply(edge: Edge, body: Reply): WireReply | undefined {
  switch (body.type) {
    case 'ok':
      return { type: 'ok' };
    case 'peers':
      return { type: 'peers', peers: presentPeers(edge, body.peers) };
    case 'value': {
      const record = presentRecord(edge, body.record);
      return record === undefined ? undefined : { type: 'value', record };
    }
    case 'version': {
      const record = presentRecord(edge, body.record);
      if (record === undefined) return undefined;
      const header = headerFor(record, edge.hash(record.value));
      return { type: 'version', header, peers: presentPeers(edge, body.peers) };
    }
    case 'sum':
      return { type: 'sum', range: wireRange(body.range), sum: wireSum(body.sum) };
    case 'tags':
      return { type: 'tags', range: wireRange(body.range), tags: bytesOfWords(body.tags) };
    case 'term':
      return { type: 'term', term: body.term, version: body.version, ok: body.ok };
    case 'introduction': {
      const { introducers: list } = body;
      const introducers = list === undefined ? list : edge.introducersOf(list);
      return { type: 'introduction', introducers, peers: presentPeers(edge, body.peers) };
    }
    case 'refused':
      return { type: 'refused', reason: body.reason };
    default:
      return assertNever(body);
  }
}

function presentRecord(edge: Edge, header: RecordHeader): WireRecord | undefined {
  const envelope = edge.envelopeOf(header);
  if (envelope === undefined) return undefined;
  return {
    key: bytesOfBits256(header.key.raw),
    version: header.version,
    publishedAtMs: header.publishedAtMs,
    ttlS: header.ttlS,
    replication: header.replication,
    publisher: envelope.publisher,
    certificate: envelope.certificate,
    signature: envelope.signature,
    value: envelope.value,
    lifeMs: Math.min(header.lifeMs, LIFE_MS_MAX),
  };
}

export function presentPeers(
  edge: Pick<Edge, 'directory' | 'addressesOf'>,
  peers: readonly Peer[],
): WirePeers {
  const named: WirePeer[] = [];
  for (const peer of peers) {
    if (named.length === PEERS_PER_REPLY_MAX) break;
    const addresses = edge.addressesOf(peer);
    if (addresses.length === 0) continue;
    const id = edge.directory.idOf(peer);
    named.push({ id, addresses: addresses.slice(0, ADDRESSES_PER_PEER_MAX) });
  }
  return packPeers(named);
}
