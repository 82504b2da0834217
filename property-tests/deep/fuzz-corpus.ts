/**
 * What fuzzing begins with: valid frames of all protocols, drawn from a seed, and beside them one
 * of each kind, with the largest and oddest ones that are valid, which chance would never make.
 */
import fc from 'fast-check';
import { packPeers } from '../../src/codec/address.ts';
import { encodeClassic } from '../../src/codec/classic.ts';
import { encodeClient } from '../../src/codec/client.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { headerFor } from '../../src/codec/record.ts';
import { ADDRESSES_PER_PEER_MAX, CERTIFICATE_BYTES_MAX } from '../../src/limits.ts';
import { CLASSIC_ENTRIES_MAX } from '../../src/limits.ts';
import { HELLO_BYTES_MAX, LISTED_MAX, PEERS_PER_REPLY_MAX, TAGS_MAX } from '../../src/limits.ts';
import { REPLICATION_MAX, VALUE_BYTES_MAX, VOTERS_MAX } from '../../src/limits.ts';
import type {
  Ipv4Address,
  WireAddress,
  WireIntroducers,
  WirePeers,
  WireRecord,
  WireVoters,
} from '../../src/wire-types.ts';
import type { WireReply, WireRequest } from '../../src/wire-types.ts';
import { classic, client, peer } from '../core/codec-laws.ts';
import type { Protocol } from '../core/codec-laws.ts';
import { writeNumber } from './fuzz-fields.ts';

export interface Corpus {
  readonly protocol: Protocol;
  readonly frames: readonly Uint8Array[];
}

/** @param count frames drawn per protocol; the extremes come on top */
export function corpora(seed: string, count: number): readonly Corpus[] {
  const all = [
    [client, clientExtremes()],
    [classic, classicExtremes()],
    [peer, peerExtremes()],
  ] as const;
  return all.map(([protocol, extremes]) => {
    const drawn = fc.sample(protocol.message(), { seed: seedOf(seed), numRuns: count });
    return { protocol, frames: [...extremes, ...drawn.map(protocol.encode)] };
  });
}

function seedOf(text: string): number {
  let seed = 0;
  for (const character of text) seed = (Math.imul(seed, 31) + character.charCodeAt(0)) | 0;
  return seed;
}

function clientExtremes(): readonly Uint8Array[] {
  const key = new Uint8Array(32).fill(0xff);
  const value = new Uint8Array(VALUE_BYTES_MAX).fill(0x5a);
  return [
    encodeClient({ type: 'put', checked: true, ttlS: 0xffff, replication: 0xff, key, value }),
    encodeClient({ type: 'success', key, value }),
    encodeClient({ type: 'get', key }),
    encodeClient({ type: 'failure', key }),
    encodeClient({
      ...{ type: 'put-result', key, status: 'leaving', holders: 0xff, wanted: 0xff },
      version: Number.MAX_SAFE_INTEGER,
    }),
  ];
}

function classicExtremes(): readonly Uint8Array[] {
  const id = new Uint8Array(32).fill(0xff);
  const value = new Uint8Array(VALUE_BYTES_MAX).fill(0x5a);
  const from: Ipv4Address = { family: 4, ip: new Uint8Array(4).fill(0xff), port: 0xffff };
  const addresses = new Array<Ipv4Address>(PEERS_PER_REPLY_MAX).fill(from);
  return [
    encodeClassic({ type: 'put', ttlS: 0xffff, replication: 0xff, hops: 0xff, key: id, value }),
    encodeClassic({ type: 'success', key: id, value }),
    encodeClassic({ type: 'failure', key: id }),
    encodeClassic({ type: 'ping', id, from }),
    encodeClassic({ type: 'pong', id, from }),
    encodeClassic({ type: 'find-node', from }),
    encodeClassic({ type: 'find-value', key: id }),
    encodeClassic({ type: 'node-reply', addresses }),
    encodeClassic({ type: 'node-reply', addresses: [] }),
    encodeClassic({ type: 'text', text: 'Value not found' }),
    fullReply(0xff),
    // None of its entries has a port.
    fullReply(0),
  ];
}

/** A NODE REPLY with as many entries as are read, all of them bytes of this kind. */
function fullReply(fill: number): Uint8Array {
  const reply = new Uint8Array(6 + 6 * CLASSIC_ENTRIES_MAX).fill(fill);
  for (const [index, number] of [reply.length, 657, CLASSIC_ENTRIES_MAX].entries()) {
    writeNumber(reply, { at: 2 * index, bytes: 2 }, number);
  }
  return reply;
}

function peerExtremes(): readonly Uint8Array[] {
  const full = fullRecord(VALUE_BYTES_MAX, CERTIFICATE_BYTES_MAX);
  const small = fullRecord(1, 0);
  const digest = new Uint8Array(32).fill(0xff);
  const v4 = manyPeers(addressOf(4), ADDRESSES_PER_PEER_MAX);
  const v6 = manyPeers(addressOf(6), ADDRESSES_PER_PEER_MAX);
  const range = { bits: 160, from: new Uint8Array(20).fill(0xff) };
  const tags = new Uint8Array(8 * TAGS_MAX).fill(0xff);
  const key = digest;
  const reply = (body: WireReply): Uint8Array =>
    encodePeer({ type: 'reply', call: 0xffff_ffff, body });
  const request = (body: WireRequest): Uint8Array =>
    encodePeer({ type: 'request', call: 0xffff_ffff, body });
  return [
    reply({ type: 'value', record: full }),
    reply({ type: 'value', record: small }),
    reply({ type: 'peers', peers: v4 }),
    reply({ type: 'peers', peers: v6 }),
    reply({ type: 'peers', peers: manyPeers(addressOf(4), 1) }),
    reply({ type: 'version', header: headerFor(full, digest), peers: v6 }),
    reply({ type: 'version', header: headerFor(small, digest), peers: packPeers([]) }),
    reply({ type: 'tags', range, tags }),
    reply({ type: 'sum', range, sum: ALL_ONES }),
    reply({ type: 'ok' }),
    reply({ type: 'refused', reason: 'far' }),
    request({ type: 'store', record: full }),
    request({ type: 'relay', hops: 255, record: full }),
    request({ type: 'check', range, nonce: 0xffff_ffff, sum: ALL_ONES }),
    request({ type: 'compare', range, nonce: 0xffff_ffff, tags }),
    request({ type: 'find-node', target: range.from }),
    request({ type: 'find-value', key }),
    request({ type: 'find-version', key }),
    request({ type: 'ping' }),
    request({ type: 'leave' }),
    encodePeer({ type: 'goodbye', reason: 'malformed' }),
    hello(4, []),
    hello(6, []),
    hello(4, [0, 1, 200]),
    hello(6, [0, 0, 0, 0]),
    // As many extensions as a hello holds, of no bytes each; and one that fills it.
    hello(0, new Array<number>(Math.floor((HELLO_BYTES_MAX - 6 - 8) / 3)).fill(0)),
    hello(0, [HELLO_BYTES_MAX - 6 - 8 - 3]),
    unknownFrame(692, 0),
    unknownFrame(689, 73_728 - 10),
    ...electionExtremes().map((body) => request(body)),
    reply({ type: 'term', term: Number.MAX_SAFE_INTEGER, version: 0xffff_ffff, ok: true }),
    reply({ type: 'introduction', introducers: fullList(), peers: v6 }),
  ];
}

function electionExtremes(): readonly WireRequest[] {
  const term = Number.MAX_SAFE_INTEGER;
  return [
    { type: 'vote', term, version: 0xffff_ffff, isPreVote: true },
    { type: 'heartbeat', term, voters: fullVoters(VOTERS_MAX, 64) },
    { type: 'heartbeat', term: 0, voters: fullVoters(1, 0) },
    { type: 'resign', term, successor: new Uint8Array(32).fill(0xff) },
    { type: 'announce', introducers: fullList() },
    { type: 'introduce' },
  ];
}

function fullVoters(voters: number, signatureBytes: number): WireVoters {
  const ids = new Uint8Array(32 * voters).fill(0xff);
  return { version: 0xffff_ffff, ids, signature: new Uint8Array(signatureBytes).fill(0xff) };
}

function fullList(): WireIntroducers {
  return {
    term: Number.MAX_SAFE_INTEGER,
    serial: 0xffff_ffff,
    madeAtMs: Number.MAX_SAFE_INTEGER,
    voters: fullVoters(VOTERS_MAX, 64),
    leader: new Uint8Array(32).fill(0xff),
    certificate: new Uint8Array(CERTIFICATE_BYTES_MAX).fill(0xff),
    peers: manyPeers(addressOf(6), ADDRESSES_PER_PEER_MAX, LISTED_MAX),
    signature: new Uint8Array(64).fill(0xff),
  };
}

/** With every number at its greatest. */
function fullRecord(valueBytes: number, certificateBytes: number): WireRecord {
  return {
    key: new Uint8Array(32).fill(0xff),
    version: Number.MAX_SAFE_INTEGER,
    publishedAtMs: Number.MAX_SAFE_INTEGER,
    ttlS: 0xffff_ffff,
    replication: REPLICATION_MAX,
    publisher: new Uint8Array(32).fill(0xff),
    certificate: new Uint8Array(certificateBytes).fill(0xff),
    signature: new Uint8Array(64).fill(0xff),
    value: new Uint8Array(valueBytes).fill(0xff),
    lifeMs: 0xffff_ffff,
  };
}

function addressOf(family: 4 | 6): WireAddress {
  return { family, ip: new Uint8Array(family === 4 ? 4 : 16).fill(0xff), port: 0xffff };
}

function manyPeers(
  address: WireAddress,
  addresses: number,
  peers = PEERS_PER_REPLY_MAX,
): WirePeers {
  const one = { id: new Uint8Array(32).fill(0xff), addresses: Array(addresses).fill(address) };
  return packPeers(new Array<typeof one>(peers).fill(one));
}

/** With four addresses of a family or none, and extensions of these lengths. */
function hello(family: 0 | 4 | 6, extensions: readonly number[]): Uint8Array {
  const plain = encodePeer({
    type: 'hello',
    versionMin: 1,
    versionMax: 0xff,
    features: 0xffff_ffff,
    identity: 'certificate',
    addresses: family === 0 ? [] : Array<WireAddress>(4).fill(addressOf(family)),
  });
  const tail = extensions.map((length) => {
    const extension = new Uint8Array(3 + length).fill(0xee);
    writeNumber(extension, { at: 1, bytes: 2 }, length);
    return extension;
  });
  const frame = Uint8Array.from(Buffer.concat([plain, ...tail]));
  writeNumber(frame, { at: 0, bytes: 4 }, frame.length - 4);
  return frame;
}

function unknownFrame(code: number, bodyBytes: number): Uint8Array {
  const frame = new Uint8Array(10 + bodyBytes).fill(0x11);
  writeNumber(frame, { at: 0, bytes: 4 }, frame.length - 4);
  writeNumber(frame, { at: 4, bytes: 2 }, code);
  return frame;
}

const ALL_ONES = { count: 0xffff_ffff, high: 0xffff_ffff, low: 0xffff_ffff };
