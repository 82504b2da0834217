// The reader finds the same messages wherever a stream is cut, and keeps no more than came.
import { isDeepStrictEqual } from 'node:util';
import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { createReader } from '../../runtime/stream.ts';
import type { Decoder } from '../../runtime/stream.ts';
import { decodeClassic, encodeClassic } from '../../src/codec/classic.ts';
import { decodeClient, encodeClient } from '../../src/codec/client.ts';
import { decodePeer, encodePeer } from '../../src/codec/peer.ts';
import type { ClassicMessage, ClientMessage, WireMessage } from '../../src/wire-types.ts';
import { runs } from '../parameters.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message: fc.Arbitrary<ClientMessage> = fc.oneof(
  key.map((bytes): ClientMessage => ({ type: 'get', key: bytes })),
  fc
    .tuple(key, fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.boolean())
    .map(([bytes, value, checked]): ClientMessage => {
      return { type: 'put', checked, ttlS: 9, replication: 3, key: bytes, value };
    }),
);

testProp(
  'messages come out whole and in order, however their bytes are cut',
  [fc.array(message, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 400 }))],
  (t, messages, cuts) => {
    const bytes = Buffer.concat(messages.map(encodeClient));
    const reader = createReader(decodeClient);
    const found: ClientMessage[] = [];
    let at = 0;
    for (const size of [...cuts, bytes.length]) {
      reader.push(Uint8Array.from(bytes.subarray(at, at + size)));
      at = Math.min(bytes.length, at + size);
      for (let next = reader.next(); next !== undefined; next = reader.next()) {
        if (next.type === 'message') found.push(next.message);
        else t.fail(next.type);
      }
    }
    t.deepEqual(found, messages);
    t.is(reader.waiting(), 0);
  },
  runs(100),
);

test('two frames are found at every cut of both', (t) => {
  const frames: WireMessage[] = [
    { type: 'request', call: 7, body: { type: 'find-node', target: new Uint8Array(20).fill(9) } },
    { type: 'reply', call: 8, body: { type: 'refused', reason: 'full' } },
  ];
  t.deepEqual(cutsThatLose(frames, encodePeer, decodePeer), []);
});

test('texts without a header, and a message between them, too', (t) => {
  const from = { family: 4, ip: Uint8Array.of(192, 0, 2, 7), port: 6501 } as const;
  const messages: ClassicMessage[] = [
    { type: 'text', text: 'running' },
    { type: 'text', text: 'Value not found' },
    { type: 'find-node', from },
    { type: 'text', text: 'put works' },
  ];
  t.deepEqual(cutsThatLose(messages, encodeClassic, decodeClassic), []);
});

/** The pairs of places at which a stream cut there does not give these messages. */
function cutsThatLose<M>(
  messages: readonly M[],
  encode: (message: M) => Uint8Array,
  decode: Decoder<M>,
): readonly string[] {
  const bytes = Buffer.concat(messages.map(encode));
  const lost: string[] = [];
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const reader = createReader(decode);
      const found: M[] = [];
      for (const [from, to] of [
        [0, first],
        [first, second],
        [second, bytes.length],
      ] as const) {
        reader.push(Uint8Array.from(bytes.subarray(from, to)));
        for (let next = reader.next(); next?.type === 'message'; next = reader.next()) {
          found.push(next.message);
        }
      }
      if (!isDeepStrictEqual(found, messages)) lost.push(`cut at ${first} and ${second}`);
    }
  }
  return lost;
}

test('what was handed out does not change when more bytes come', (t) => {
  const reader = createReader(decodeClient);
  const value = new Uint8Array(500).fill(1);
  const put = encodeClient({
    type: 'put',
    checked: true,
    ttlS: 0,
    replication: 0,
    key: new Uint8Array(32),
    value,
  });
  for (const byte of put) reader.push(Uint8Array.of(byte));
  const first = reader.next();
  for (let round = 0; round < 2; round++) {
    for (const byte of put) reader.push(Uint8Array.of(byte ^ 0xff));
  }
  t.true(first?.type === 'message' && first.message.type === 'put');
  if (first?.type === 'message' && first.message.type === 'put') {
    t.deepEqual(Uint8Array.from(first.message.value), value);
  }
});

test('an announced length costs nothing, and a fault is told once', (t) => {
  const reader = createReader(decodeClient);
  reader.push(Uint8Array.of(0xff, 0xf0, 0x02, 0x8a));
  t.is(reader.next(), undefined);
  t.is(reader.waiting(), 4);
  t.is(reader.held(), 4);
  const broken = createReader(decodeClient);
  broken.push(Uint8Array.of(0, 3, 0, 0, 9, 9, 9));
  t.is(broken.next()?.type, 'malformed');
  t.is(broken.next(), undefined);
});

test('what is kept of half a frame takes little more room than its bytes', (t) => {
  const frame = new Uint8Array(65_000).fill(1);
  const header = encodePeer({ type: 'request', call: 1, body: { type: 'ping' } });
  frame.set(header);
  new DataView(frame.buffer).setUint32(0, frame.length - 4);
  new DataView(frame.buffer).setUint16(4, 668);
  for (const size of [1, 100, 16_384, 64_999]) {
    const reader = createReader(decodePeer);
    for (let at = 0; at < 64_999; at += size) {
      reader.push(frame.slice(at, Math.min(at + size, 64_999)));
      t.is(reader.next(), undefined);
      t.true(reader.held() <= Math.max(8192 + reader.waiting(), 1.5 * reader.waiting()));
    }
    t.is(reader.waiting(), 64_999);
    t.true(reader.held() <= frame.length);
  }
});
