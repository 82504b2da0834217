/**
 * The codecs (src/codec/): bytes to messages and back, for the enhanced dialect between peers and
 * the client API. Decoding makes views, encoding one array; sizes are in the names. 64 messages of
 * each kind take turns.
 */
import { keysOf } from '../../sim/streams.ts';
import { packPeers } from '../../src/codec/address.ts';
import { decodeClient, encodeClient } from '../../src/codec/client.ts';
import { decodePeer, encodePeer } from '../../src/codec/peer.ts';
import { headerFor, signedBytes } from '../../src/codec/record.ts';
import type { ClientMessage, WireHeader, WireMessage } from '../../src/wire-types.ts';
import type { WirePeer, WireRecord } from '../../src/wire-types.ts';
import { count, measure, type Case, type Pace, type SuiteReport } from './measure.ts';
import { bytesFrom, listOf, pick } from './network.ts';

const MESSAGES = 64;
const ROUNDS = 1024;
const CERTIFICATE_BYTES = 420;
const LARGE_VALUE_BYTES = 60_000;
const TAGS = 256;

export function runCodec(pace: Pace): Promise<SuiteReport> {
  const make = makers(keysOf(pace.seed).values);
  const headers = listOf(MESSAGES, make.header);
  return measure('codec', pace, [
    ...peerCases('FIND NODE', listOf(MESSAGES, make.findNode)),
    ...peerCases('PEERS, 20 of them', listOf(MESSAGES, make.peers)),
    ...peerCases('STORE, 1 KiB', listOf(MESSAGES, make.store)),
    ...peerCases('VERSION, with 20 peers', listOf(MESSAGES, make.version)),
    ...peerCases(`COMPARE, ${TAGS} tags`, listOf(MESSAGES, make.compare)),
    {
      name: 'bytes to be signed',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) count(signedBytes(pick(headers, i)).length);
      },
    },
    ...clientCases('PUT CHECKED, 1 KiB', ROUNDS, listOf(MESSAGES, make.put)),
    ...clientCases('SUCCESS, 60,000 bytes', MESSAGES, listOf(MESSAGES, make.success)),
  ]);
}

function peerCases(name: string, messages: readonly WireMessage[]): readonly Case[] {
  const frames = messages.map((message) => encodePeer(message));
  return [
    {
      name: `encode ${name}`,
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) count(encodePeer(pick(messages, i)).length);
      },
    },
    {
      name: `decode ${name}`,
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          const frame = pick(frames, i);
          const decoded = decodePeer(frame, 0, frame.length);
          count(decoded.type === 'message' ? decoded.bytes : fail(name));
        }
      },
    },
  ];
}

function clientCases(
  name: string,
  rounds: number,
  messages: readonly ClientMessage[],
): readonly Case[] {
  const frames = messages.map((message) => encodeClient(message));
  return [
    {
      name: `encode ${name}`,
      operations: rounds,
      run: () => {
        for (let i = 0; i < rounds; i++) count(encodeClient(pick(messages, i)).length);
      },
    },
    {
      name: `decode ${name}`,
      operations: rounds,
      run: () => {
        for (let i = 0; i < rounds; i++) {
          const frame = pick(frames, i);
          const decoded = decodeClient(frame, 0, frame.length);
          count(decoded.type === 'message' ? decoded.bytes : fail(name));
        }
      },
    },
  ];
}

/** Messages from one key, the i-th of a kind from i. */
function makers(seed: number) {
  const bytes = (i: number, length: number): Uint8Array => bytesFrom(seed, i, length);
  const peer = (i: number): WirePeer => ({
    id: bytes(i, 32),
    addresses: [{ family: 4, ip: bytes(i, 4), port: 6501 }],
  });
  const record = (i: number): WireRecord => ({
    key: bytes(i, 32),
    version: 1_700_000_000_000 + i,
    publishedAtMs: 1_700_000_000_000 + i,
    ttlS: 3600,
    replication: 8,
    publisher: bytes(i + 1, 32),
    certificate: bytes(i, CERTIFICATE_BYTES),
    signature: bytes(i + 2, 64),
    value: bytes(i + 3, 1024),
    lifeMs: 3_000_000 + i,
  });
  const request = { type: 'request' } as const;
  const header = (i: number): WireHeader => headerFor(record(i), bytes(i + 4, 32));
  return {
    header,
    findNode: (i: number): WireMessage => {
      return { ...request, call: i, body: { type: 'find-node', target: bytes(i, 20) } };
    },
    peers: (i: number): WireMessage => {
      const peers = packPeers(listOf(20, (j) => peer(20 * i + j)));
      return { type: 'reply', call: i, body: { type: 'peers', peers } };
    },
    store: (i: number): WireMessage => {
      return { ...request, call: i, body: { type: 'store', record: record(i) } };
    },
    version: (i: number): WireMessage => {
      const peers = packPeers(listOf(20, (j) => peer(20 * i + j)));
      return { type: 'reply', call: i, body: { type: 'version', header: header(i), peers } };
    },
    compare: (i: number): WireMessage => {
      const range = { bits: 0, from: bytes(i, 20) };
      const tags = bytes(i, 8 * TAGS);
      return { ...request, call: i, body: { type: 'compare', range, nonce: i, tags } };
    },
    put: (i: number): ClientMessage => {
      const plain = { type: 'put', checked: true, ttlS: 3600, replication: 8 } as const;
      return { ...plain, key: bytes(i, 32), value: bytes(i, 1024) };
    },
    success: (i: number): ClientMessage => {
      return { type: 'success', key: bytes(i, 32), value: bytes(i, LARGE_VALUE_BYTES) };
    },
  };
}

function fail(name: string): never {
  throw new Error(`${name} does not decode`);
}
