/**
 * What the classic dialect has of its own (docs/wire.md); the laws that all codecs keep are in
 * `codec.test.ts`: sizes, sloppy entries of a NODE REPLY, and the texts without a header.
 */
import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { decodeClassic, encodeClassic } from '../../src/codec/classic.ts';
import type { ClassicMessage, ClassicText, Ipv4Address } from '../../src/wire-types.ts';
import { runs } from '../parameters.ts';
import { bytes, u16 } from './arbitraries.ts';

const TEXTS: readonly ClassicText[] = ['running', 'put works', 'get works', 'Value not found'];
const CODES = [650, 652, 653, 654, 655, 656, 657, 658];

testProp(
  'four bytes tell whether a message can come of them',
  [
    fc.oneof(fc.constantFrom(6, 10, 12, 36, 37, 40, 41, 42, 1542, 1548, 65_531, 65_532), u16()),
    fc.oneof(fc.constantFrom(...CODES, 651, 659, 690, 691), u16()),
  ],
  (t, size, code) => {
    const can =
      (code === 650 && size >= 41) ||
      (code === 652 && size >= 37 && size <= 65_531) ||
      ((code === 653 || code === 658) && size === 36) ||
      ((code === 654 || code === 655) && size === 42) ||
      (code === 656 && size === 10) ||
      (code === 657 && size >= 6 && size <= 1542 && size % 6 === 0);
    const header = Uint8Array.of(size >> 8, size, code >> 8, code);
    const decoded = decodeClassic(header, 0, 4);
    if (can) t.deepEqual(decoded, { type: 'partial', bytes: size - 4 });
    else t.is(decoded.type, isText(header) ? 'partial' : 'malformed');
  },
  runs(3000),
);

testProp(
  'of a NODE REPLY the first 64 entries with a port are kept',
  [fc.array(fc.tuple(bytes(4), fc.oneof(fc.constant(0), u16())), { maxLength: 256 })],
  (t, entries) => {
    const decoded = decodeWhole(nodeReply(entries.length, entries));
    const addresses = entries.flatMap(([ip, port]) => (port === 0 ? [] : [addressOf(ip, port)]));
    t.deepEqual(decoded, { type: 'node-reply', addresses: addresses.slice(0, 64) });
  },
  { ...runs(300), examples: [[many(256, 1)], [many(256, 0)], [[...many(192, 0), ...many(64, 9)]]] },
);

testProp(
  'a NODE REPLY whose count is not that of its entries is malformed',
  [fc.nat(256), u16()],
  (t, entries, count) => {
    const decoded = decodeWhole(nodeReply(count, many(entries, 1)));
    if (count === entries) t.is(typeof decoded, 'object');
    else t.is(decoded, 'malformed');
  },
  {
    ...runs(300),
    examples: [
      [3, 3],
      [3, 2],
      [3, 4],
      [0, 1],
      [0, 0xffff],
    ],
  },
);

test('who gives no port cannot be answered: PING, PONG and FIND NODE are malformed then', (t) => {
  const id = new Uint8Array(32);
  const from = addressOf(Uint8Array.of(192, 0, 2, 7), 1);
  for (const message of [
    { type: 'ping', id, from },
    { type: 'pong', id, from },
    { type: 'find-node', from },
  ] satisfies readonly ClassicMessage[]) {
    const encoded = encodeClassic(message);
    t.deepEqual(decodeWhole(encoded), message);
    encoded[encoded.length - 1] = 0;
    t.is(decodeWhole(encoded), 'malformed');
  }
});

test('a text is recognised as soon as it can be, and nothing that differs in a byte', (t) => {
  for (const text of TEXTS) {
    const encoded = Buffer.from(text, 'latin1');
    t.deepEqual(encodeClassic({ type: 'text', text }), Uint8Array.from(encoded));
    for (let cut = 0; cut <= encoded.length; cut++) {
      const bytes = cut < 4 ? 4 - cut : encoded.length - cut;
      const whole = { type: 'message', message: { type: 'text', text }, bytes: encoded.length };
      const expected = cut < encoded.length ? { type: 'partial', bytes } : whole;
      t.deepEqual<unknown, unknown>(decodeClassic(encoded, 0, cut), expected);
    }
    for (let at = 0; at < encoded.length; at++) {
      const other = Uint8Array.from(encoded);
      other[at] = (other[at] ?? 0) ^ 0x20;
      for (let end = Math.max(4, at + 1); end <= other.length; end++) {
        t.is(decodeClassic(other, 0, end).type, 'malformed', `${text}, byte ${at}, cut at ${end}`);
      }
    }
  }
});

test('after a text the next one, or a message, is found', (t) => {
  const ping = encodeClassic({
    type: 'ping',
    id: new Uint8Array(32),
    from: addressOf(new Uint8Array(4), 6501),
  });
  const bytes = Buffer.concat([Buffer.from('runningValue not foundput works'), ping]);
  const found: string[] = [];
  let from = 0;
  while (from < bytes.length) {
    const decoded = decodeClassic(bytes, from, bytes.length);
    if (decoded.type !== 'message') return t.fail(decoded.type);
    const { message } = decoded;
    found.push(message.type === 'text' ? message.text : message.type);
    from += decoded.bytes;
  }
  t.deepEqual(found, ['running', 'Value not found', 'put works', 'ping']);
});

test('a size that reads like a text does not hide a message', (t) => {
  // 'ru', 'pu', 'ge' and 'Va' as a size: a PUT and a SUCCESS may have it.
  for (const text of TEXTS) {
    const size = text.charCodeAt(0) * 256 + text.charCodeAt(1);
    for (const [code, type, overhead] of [
      [650, 'put', 40],
      [652, 'success', 36],
    ] as const) {
      const key = new Uint8Array(32);
      const value = new Uint8Array(size - overhead);
      const message: ClassicMessage =
        type === 'put'
          ? { type, ttlS: 0, replication: 0, hops: 1, key, value }
          : { type, key, value };
      const encoded = encodeClassic(message);
      t.is(Buffer.from(encoded).toString('latin1', 0, 2), text.slice(0, 2));
      t.is((encoded[2] ?? 0) * 256 + (encoded[3] ?? 0), code);
      t.deepEqual(decodeWhole(encoded), message);
    }
  }
});

test('an encoder refuses what the other side would', (t) => {
  const throws = (message: ClassicMessage): void => {
    t.throws(() => encodeClassic(message), { message: /^broken invariant/ });
  };
  const id = new Uint8Array(32);
  const ip = new Uint8Array(4);
  const from = addressOf(ip, 1);
  const put = { type: 'put', ttlS: 1, replication: 1, hops: 1, key: id } as const;
  throws({ type: 'ping', id: new Uint8Array(31), from });
  throws({ type: 'pong', id, from: addressOf(ip, 0) });
  throws({ type: 'find-node', from: addressOf(new Uint8Array(16), 1) });
  throws({ type: 'node-reply', addresses: new Array<Ipv4Address>(65).fill(from) });
  throws({ type: 'node-reply', addresses: [addressOf(ip, 0)] });
  throws({ type: 'find-value', key: new Uint8Array(20) });
  throws({ type: 'success', key: id, value: new Uint8Array(0) });
  throws({ ...put, value: new Uint8Array(65_496) });
  throws({ ...put, value: id, hops: 256 });
});

/** The message of all bytes, or what else they are. */
function decodeWhole(encoded: Uint8Array): ClassicMessage | string {
  const decoded = decodeClassic(encoded, 0, encoded.length);
  if (decoded.type !== 'message') return decoded.type;
  return decoded.bytes === encoded.length ? decoded.message : 'cut';
}

function nodeReply(count: number, entries: readonly (readonly [Uint8Array, number])[]): Uint8Array {
  const size = 6 + 6 * entries.length;
  const body = entries.flatMap(([ip, port]) => [...ip, port >> 8, port & 0xff]);
  return Uint8Array.of(size >> 8, size, 0x02, 0x91, count >> 8, count, ...body);
}

function many(count: number, port: number): [Uint8Array, number][] {
  return Array.from({ length: count }, (_, at) => [Uint8Array.of(192, 0, 2, at), port]);
}

function addressOf(ip: Uint8Array, port: number): Ipv4Address {
  return { family: 4, ip, port };
}

function isText(header: Uint8Array): boolean {
  return TEXTS.some((text) => text.startsWith(Buffer.from(header).toString('latin1')));
}
