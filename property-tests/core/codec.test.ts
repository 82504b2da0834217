/**
 * Laws of the codecs (docs/wire.md): what is encoded decodes to itself; what is accepted encodes to
 * the same bytes; any bytes whatever give an answer, and nothing throws; what cannot become a
 * message is malformed as soon as its header shows it. Each run of the mutation laws tries 100
 * inputs.
 */
import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { packPeers } from '../../src/codec/address.ts';
import { decodeClient, encodeClient } from '../../src/codec/client.ts';
import { decodePeer, encodePeer } from '../../src/codec/peer.ts';
import { signedBytes } from '../../src/codec/record.ts';
import { FRAME_BYTES_MAX } from '../../src/limits.ts';
import type { WireHeader, WireMessage } from '../../src/wire-types.ts';
import { runs } from '../parameters.ts';
import { anyBytes } from './arbitraries-wire.ts';
import { u16, u32, wireHeader } from './arbitraries.ts';
import { checkAnswer, classic, client, peer, same } from './codec-laws.ts';
import { damaged } from './damage.ts';

const SIGNED_FIELDS = [
  ...(['key', 'version', 'publishedAtMs', 'ttlS', 'replication', 'publisher'] as const),
  ...(['certificate', 'size', 'digest'] as const),
];

for (const protocol of [client, classic, peer]) {
  const { name, message, encode, decode, headerBytes } = protocol;

  testProp(
    `${name}: what is encoded decodes to itself`,
    [message()],
    (t, sent) => {
      const bytes = encode(sent);
      t.deepEqual(decode(bytes, 0, bytes.length), {
        type: 'message',
        message: sent,
        bytes: bytes.length,
      });
    },
    runs(1000),
  );

  testProp(
    `${name}: what stands around a message does not matter`,
    [message(), fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: 50 })],
    (t, sent, before, after) => {
      const bytes = encode(sent);
      const buffer = Uint8Array.from([...before, ...bytes, ...after]);
      const from = before.length;
      const decoded = decode(buffer, from, buffer.length);
      t.deepEqual(decoded, { type: 'message', message: sent, bytes: bytes.length });
      t.deepEqual(decode(buffer, from, from + bytes.length), decoded);
    },
    runs(300),
  );

  testProp(
    `${name}: a cut message is partial, and says exactly what is missing once its header is there`,
    [message(), fc.nat()],
    (t, sent, where) => {
      const bytes = encode(sent);
      const cut = where % bytes.length;
      const decoded = decode(bytes, 0, cut);
      if (decoded.type !== 'partial') return t.fail(`${decoded.type} at ${cut}`);
      if (cut >= headerBytes) t.is(decoded.bytes, bytes.length - cut);
      else t.true(decoded.bytes >= 1 && cut + decoded.bytes <= bytes.length);
      return;
    },
    runs(2000),
  );

  testProp(
    `${name}: any bytes give an answer`,
    [anyBytes()],
    (t, bytes) => {
      checkAnswer(protocol, bytes);
      t.pass();
    },
    runs(10_000),
  );

  testProp(
    `${name}: so do valid messages that were damaged, a hundred ways each`,
    [message(), fc.integer()],
    (t, sent, seed) => {
      const bytes = encode(sent);
      for (let trial = 0; trial < 100; trial++) {
        checkAnswer(protocol, damaged(bytes, seed + trial * 0x1000));
      }
      t.pass();
    },
    runs(600),
  );
}

testProp(
  'client: four bytes tell whether a message can come of them',
  [u16(), fc.oneof(fc.constantFrom(650, 651, 652, 653, 690, 691), u16())],
  (t, size, code) => {
    const can =
      ((code === 650 || code === 690) && size >= 41) ||
      ((code === 651 || code === 653) && size === 36) ||
      (code === 652 && size >= 37 && size <= 65_531) ||
      (code === 691 && size === 47);
    const decoded = decodeClient(Uint8Array.of(size >> 8, size, code >> 8, code), 0, 4);
    if (can) t.deepEqual(decoded, { type: 'partial', bytes: size - 4 });
    else t.is(decoded.type, 'malformed');
  },
  runs(3000),
);

testProp(
  'peer: four bytes tell whether a frame can be so long',
  [fc.oneof(u32(), fc.integer({ min: 0, max: 2 * FRAME_BYTES_MAX }))],
  (t, length) => {
    const bytes = Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length);
    const can = length >= 6 && length <= FRAME_BYTES_MAX - 4;
    t.is(decodePeer(bytes, 0, 4).type, can ? 'partial' : 'malformed');
  },
  runs(3000),
);

testProp(
  'peer: an unknown code is skipped whole, and shows its call when it asks',
  [
    fc.constantFrom(671, 681, 683, 685, 689, 690, 692, 699),
    u32(),
    fc.uint8Array({ maxLength: 100 }),
  ],
  (t, code, call, body) => {
    const frame = Uint8Array.of(
      ...[0, 0, 0, body.length + 6, code >> 8, code & 0xff],
      ...[call >>> 24, (call >>> 16) & 0xff, (call >>> 8) & 0xff, call & 0xff],
      ...body,
    );
    const skipped = { type: 'unknown', code, bytes: frame.length } as const;
    t.deepEqual(decodePeer(frame, 0, frame.length), code % 2 ? skipped : { ...skipped, call });
  },
  runs(300),
);

testProp(
  'the signed bytes differ when any signed field does, and only then',
  [wireHeader(), wireHeader(), fc.constantFrom(...SIGNED_FIELDS)],
  (t, header, other, field) => {
    const signed = signedBytes(header);
    const unsigned: WireHeader = { ...header, lifeMs: other.lifeMs, signature: other.signature };
    t.deepEqual(signedBytes(unsigned), signed);
    const changed = { ...header, [field]: other[field] };
    t.is(sameField(header[field], other[field]), same(signedBytes(changed), signed));
  },
  runs(500),
);

test('an encoder refuses what the other side would', (t) => {
  const key = new Uint8Array(32);
  const throws = (f: () => unknown): void => {
    t.throws(f, { message: /^broken invariant/ });
  };
  const put = { type: 'put', checked: true, ttlS: 1, replication: 1, key } as const;
  throws(() => encodeClient({ ...put, value: new Uint8Array(0) }));
  throws(() => encodeClient({ ...put, value: new Uint8Array(65_496) }));
  throws(() => encodeClient({ ...put, value: key, ttlS: 65_536 }));
  throws(() => encodeClient({ ...put, value: key, replication: 1.5 }));
  throws(() => encodeClient({ type: 'get', key: new Uint8Array(31) }));
  const id = key;
  const named = (ip: Uint8Array, port: number): WireMessage => ({
    type: 'reply',
    call: 1,
    body: { type: 'peers', peers: packPeers([{ id, addresses: [{ family: 6, ip, port }] }]) },
  });
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1);
  t.notThrows(() => encodePeer(named(new Uint8Array(16), 1)));
  throws(() => encodePeer(named(new Uint8Array(16), 0)));
  throws(() => encodePeer(named(mapped, 1)));
  throws(() => encodePeer(named(new Uint8Array(4), 1)));
  const cut = packPeers([{ id, addresses: [{ family: 6, ip: new Uint8Array(16), port: 1 }] }]);
  for (const peers of [new Uint8Array(0), Uint8Array.of(1), cut.subarray(1), cut.subarray(0, -1)]) {
    throws(() => encodePeer({ type: 'reply', call: 1, body: { type: 'peers', peers } }));
  }
  throws(() => encodePeer({ type: 'request', call: -1, body: { type: 'ping' } }));
});

testProp(
  'peer: counts and versions out of bounds are malformed, in frames of the right length',
  [fc.nat(80), fc.nat(6), fc.nat(3), fc.nat(3)],
  (t, peersCount, addressCount, versionMin, versionMax) => {
    const address = [4, 192, 0, 2, 1, 0x19, 0x65];
    const addresses = [addressCount, ...Array.from({ length: addressCount }, () => address).flat()];
    const named = [...new Array<number>(32).fill(7), 1, ...address];
    const all = Array.from({ length: peersCount }, () => named).flat();
    const cases: readonly (readonly [boolean, number, readonly number[]])[] = [
      [peersCount <= 64, 665, [peersCount, ...all]],
      [
        addressCount >= 1 && addressCount <= 4,
        665,
        [1, ...new Array<number>(32).fill(7), ...addresses],
      ],
      [addressCount <= 4, 660, [1, 1, 0, 0, 0, 0, 0, ...addresses]],
      [
        versionMin >= 1 && versionMin <= versionMax,
        660,
        [versionMin, versionMax, 0, 0, 0, 0, 0, 0],
      ],
    ];
    for (const [good, code, body] of cases) {
      const length = body.length + 6;
      const head = [0, 0, length >> 8, length & 0xff, code >> 8, code & 0xff, 0, 0, 0, 0];
      const frame = Uint8Array.from([...head, ...body]);
      t.is(decodePeer(frame, 0, frame.length).type, good ? 'message' : 'malformed');
    }
  },
  runs(500),
);

function sameField(a: Uint8Array | number, b: Uint8Array | number): boolean {
  return typeof a === 'number' || typeof b === 'number' ? a === b : same(a, b);
}
