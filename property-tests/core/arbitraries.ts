/**
 * Generators of what travels and of what it is made of: points of the key space, ids, addresses,
 * records, a hello. Those of the core's inputs are in `arbitraries-core.ts`.
 *
 * Points come in clusters with long shared prefixes, because independent random ones differ in
 * their first bits and never reach deep buckets. Values are small as a rule and of the greatest
 * size now and then.
 */
import fc from 'fast-check';
import { packPeers } from '../../src/codec/address.ts';
import { PEERS_PER_REPLY_MAX, POSITION_BITS } from '../../src/limits.ts';
import { REPLICATION_MAX, TAGS_MAX, VALUE_BYTES_MAX } from '../../src/limits.ts';
import type { Bits256, Key, Position, RecordHeader } from '../../src/types.ts';
import type {
  Ipv4Address,
  WireAddress,
  WireHeader,
  WireHello,
  WirePeer,
  WirePeers,
  WireRange,
  WireRecord,
  WireSum,
} from '../../src/wire-types.ts';

/** A record like those that code writes: fast-check would now and then leave out the prototype. */
export function plain<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true });
}

export const u8 = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 0xff });
export const u16 = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 0xffff });
export const u32 = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 0xffffffff });
/** Any signed word, the extremes often. */
export const word = (): fc.Arbitrary<number> => fc.integer({ min: -0x80000000, max: 0x7fffffff });
export const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

export const position = (): fc.Arbitrary<Position> =>
  fc
    .tuple(word(), word(), word(), word(), word())
    .map(([w0, w1, w2, w3, w4]) => ({ w0, w1, w2, w3, w4 }));

export const bits256 = (): fc.Arbitrary<Bits256> =>
  fc
    .tuple(word(), word(), word(), word(), word(), word(), word(), word())
    .map(([b0, b1, b2, b3, b4, b5, b6, b7]) => ({ b0, b1, b2, b3, b4, b5, b6, b7 }));

/** The position that shares `shared` leading bits with `base`, continued as in `rest`. */
export function nearTo(base: Position, shared: number, rest: Position): Position {
  const mixed = (word: number, baseWord: number, restWord: number): number => {
    const kept = Math.min(Math.max(shared - 32 * word, 0), 32);
    const mask = kept === 0 ? 0 : -1 << (32 - kept);
    const differing = shared - 32 * word;
    const flip = differing >= 0 && differing < 32 ? 1 << (31 - differing) : 0;
    const below = flip === 0 ? ~mask : ~mask & ~flip;
    return (baseWord & mask) | (~baseWord & flip) | (restWord & below);
  };
  return {
    w0: mixed(0, base.w0, rest.w0),
    w1: mixed(1, base.w1, rest.w1),
    w2: mixed(2, base.w2, rest.w2),
    w3: mixed(3, base.w3, rest.w3),
    w4: mixed(4, base.w4, rest.w4),
  };
}

/** Positions round one of them, each sharing 0 to 160 leading bits with it (160: the same). */
export const cluster = (minLength: number, maxLength: number): fc.Arbitrary<readonly Position[]> =>
  fc
    .tuple(
      position(),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 160 }), position()), {
        minLength: Math.max(minLength - 1, 0),
        maxLength: Math.max(maxLength - 1, 0),
      }),
    )
    .map(([base, others]) => [base, ...others.map(([shared, rest]) => nearTo(base, shared, rest))]);

/** A raw key with some position: for what does not hash. */
export const key = (): fc.Arbitrary<Key> => plain({ raw: bits256(), position: position() });

const size = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: VALUE_BYTES_MAX });
export const replication = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: REPLICATION_MAX });

export const header = (): fc.Arbitrary<RecordHeader> =>
  plain({
    key: key(),
    version: fc.maxSafeNat(),
    publisher: bits256(),
    size: size(),
    replication: replication(),
    ttlS: u32(),
    publishedAtMs: fc.maxSafeNat(),
    lifeMs: u32(),
  });

export const value = (): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 60, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 64 }) },
    { weight: 1, arbitrary: fc.constant(new Uint8Array(VALUE_BYTES_MAX).fill(0xa5)) },
  );

const port = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: 0xffff });

export const ipv4Address = (): fc.Arbitrary<Ipv4Address> =>
  plain({ family: fc.constant(4 as const), ip: bytes(4), port: port() });

export const wireAddress = (): fc.Arbitrary<WireAddress> =>
  fc.oneof(
    ipv4Address(),
    plain({
      family: fc.constant(6 as const),
      // The first byte is never 0, so that no IPv4 address is mapped here.
      ip: bytes(16).map((ip) => ip.map((byte, at) => (at === 0 ? byte | 0x20 : byte))),
      port: port(),
    }),
  );

export const wirePeer = (): fc.Arbitrary<WirePeer> =>
  plain({
    id: bytes(32),
    addresses: fc.array(wireAddress(), { minLength: 1, maxLength: 4 }),
  });

export const wirePeers = (maxLength = PEERS_PER_REPLY_MAX): fc.Arbitrary<WirePeers> =>
  fc.array(wirePeer(), { maxLength }).map(packPeers);

/** What a record and its header have in common, in the order in which both are read. */
const claims = () => ({
  key: bytes(32),
  version: fc.maxSafeNat(),
  publishedAtMs: fc.maxSafeNat(),
  ttlS: u32(),
  replication: replication(),
  publisher: bytes(32),
  certificate: fc.uint8Array({ maxLength: 80 }),
});

export const wireRecord = (): fc.Arbitrary<WireRecord> =>
  plain({ ...claims(), signature: bytes(64), value: value(), lifeMs: u32() });

export const wireHeader = (): fc.Arbitrary<WireHeader> =>
  plain({ ...claims(), size: size(), digest: bytes(32), signature: bytes(64), lifeMs: u32() });

export const wireRange = (): fc.Arbitrary<WireRange> =>
  plain({ bits: fc.integer({ min: 0, max: POSITION_BITS }), from: bytes(20) });

export const wireSum = (): fc.Arbitrary<WireSum> =>
  plain({ count: u32(), high: u32(), low: u32() });

/** Tags of 8 bytes, as a rule few, now and then as many as there may be. */
export const wireTags = (): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 20, arbitrary: fc.nat({ max: 6 }).chain((count) => bytes(8 * count)) },
    { weight: 1, arbitrary: fc.constant(new Uint8Array(8 * TAGS_MAX).fill(0x5a)) },
  );

export const wireHello = (): fc.Arbitrary<WireHello> =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 0xff }),
      fc.integer({ min: 1, max: 0xff }),
      u32(),
      fc.constantFrom('certificate' as const, 'address' as const),
      fc.array(wireAddress(), { maxLength: 4 }),
    )
    .map(([one, other, features, identity, addresses]) => ({
      type: 'hello' as const,
      versionMin: Math.min(one, other),
      versionMax: Math.max(one, other),
      features,
      identity,
      addresses,
    }));
