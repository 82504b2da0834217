/**
 * Generators for tests of the core: small worlds of peers round one node, and logs of what happens
 * to it. An action names open calls, peers and keys by index, so that it means something in any
 * state and a log still makes sense after shrinking.
 */
import fc from 'fast-check';
import { defaultConfig } from '../../src/config.ts';
import { ID_WORDS, PATHS_MAX, POSITION_BITS, POSITION_WORD, TAGS_MAX } from '../../src/limits.ts';
import type { Config, Directory, Key, Position, Quota } from '../../src/types.ts';
import type { RecordHeader, Refusal } from '../../src/types.ts';
import { cluster, plain } from './arbitraries.ts';

/** The handle is the index. Ids differ even where positions agree. */
export function directoryOf(positions: readonly Position[], at: readonly number[] = []): Directory {
  const words = new Int32Array(positions.length * ID_WORDS);
  positions.forEach(({ w0, w1, w2, w3, w4 }, peer) => {
    words[peer * ID_WORDS] = peer;
    words.set([w0, w1, w2, w3, w4], peer * ID_WORDS + POSITION_WORD);
  });
  return { words, places: Int32Array.from(positions, (_, peer) => at[peer] ?? 0) };
}

/** A position from hexadecimal digits and zeros: `short('8')` is the middle of the ring. */
export function short(hex: string): Position {
  const digits = hex.padEnd(40, '0');
  const word = (i: number): number => parseInt(digits.slice(8 * i, 8 * i + 8), 16) | 0;
  return { w0: word(0), w1: word(1), w2: word(2), w3: word(3), w4: word(4) };
}

/** The distance as a number; the reference for everything that compares distances. */
export function bigDistance(a: Position, b: Position): bigint {
  return bigOf(a) ^ bigOf(b);
}

export function bigOf({ w0, w1, w2, w3, w4 }: Position): bigint {
  let value = 0n;
  for (const word of [w0, w1, w2, w3, w4]) value = (value << 32n) | BigInt(word >>> 0);
  return value;
}

/** The keys that small worlds use. */
export function smallKey(index: number): Key {
  const raw = { b0: 0, b1: 0, b2: 0, b3: 0, b4: 0, b5: 0, b6: 0, b7: index };
  return { raw, position: short('048c159d26ae37bf'[index & 15] ?? '0') };
}

/** A record of a small key: versions and publishers from few, so that they meet. */
export function smallRecord(key: number, version: number, lifeMs: number): RecordHeader {
  const publisher = { b0: 0, b1: 0, b2: 0, b3: 0, b4: 0, b5: 0, b6: 0, b7: version & 1 };
  const half = version >> 1;
  return {
    key: smallKey(key),
    version: half,
    publisher,
    size: 9,
    replication: 1 + (version & 3),
    ttlS: 60,
    publishedAtMs: 0,
    lifeMs,
  };
}

/** Node 0 and some peers round it, at all depths. */
export const smallWorld = (peers: number): fc.Arbitrary<readonly Position[]> =>
  cluster(2, 1 + peers);

/** Ample as a rule, else so small that records of 9 bytes meet it. */
const smallQuota = (): fc.Arbitrary<Quota> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ keys: 1000, bytes: 1e9 }) },
    {
      weight: 1,
      arbitrary: plain({ keys: fc.nat({ max: 3 }), bytes: fc.constantFrom(0, 9, 18, 1000) }),
    },
  );

export const smallConfig = (): fc.Arbitrary<Config> =>
  fc
    .record({
      k: fc.integer({ min: 1, max: 4 }),
      alpha: fc.integer({ min: 1, max: 4 }),
      beta: fc.integer({ min: 1, max: 6 }),
      nearest: fc.integer({ min: 1, max: 6 }),
      paths: fc.constantFrom(1, 1, 1, 2, 3, PATHS_MAX),
      replication: fc.integer({ min: 1, max: 4 }),
      timeoutMs: fc.constantFrom(0, 0, 100, 5000),
      operationMs: fc.constantFrom(10_000, 10_000, 1, 2000),
      repairMs: fc.constantFrom(50_000, 5000, 300, 0),
      quota: smallQuota(),
      publisherQuota: smallQuota(),
      peerQuota: smallQuota(),
    })
    .map((drawn) => ({
      ...defaultConfig,
      ...drawn,
      replication: Math.min(drawn.replication, drawn.nearest),
    }));

/** What a peer says to an open call: what fits, or one of the others. */
export type Answer =
  | { readonly type: 'ok' | 'oversize' }
  | { readonly type: 'fit' | 'peers'; readonly peers: readonly number[] }
  | { readonly type: 'value' | 'version'; readonly key: number; readonly version: number }
  | { readonly type: 'sum'; readonly round: Round; readonly count: number }
  | { readonly type: 'tags'; readonly round: Round }
  | { readonly type: 'refused'; readonly reason: Refusal };

/** What a peer says that it holds of what it and the node should, and within which keys. */
export interface Round {
  readonly key: number;
  readonly bits: number;
  /** Which of them, the first one lowest; -1: all. */
  readonly holds: number;
}

export type Deed =
  | { readonly type: 'join'; readonly introducers: number; readonly peers: readonly number[] }
  | { readonly type: 'lookup' | 'get'; readonly key: number }
  | {
      readonly type: 'put';
      readonly key: number;
      readonly size: number;
      readonly replication: number;
      readonly ttlS: number;
    }
  | { readonly type: 'leave' | 'again' | 'wake' | 'early' }
  | { readonly type: 'asked'; readonly from: number; readonly what: Asked }
  | { readonly type: 'answer'; readonly call: number; readonly answer: Answer }
  | {
      readonly type: 'foreign';
      readonly from: number;
      readonly call: number;
      readonly answer: Answer;
    }
  | { readonly type: 'unreachable' | 'unsent' | 'foreign-unreachable'; readonly call: number }
  | { readonly type: 'persisted' | 'signed'; readonly which: number; readonly ok: boolean }
  | { readonly type: 'foreign-persisted' | 'foreign-signed'; readonly token: number }
  | { readonly type: 'lost'; readonly which: number }
  | { readonly type: 'introduced'; readonly peer: number | undefined };

/** What a peer asks of the node. */
export type Asked =
  | { readonly type: 'ping' | 'leave' }
  | { readonly type: 'find-node' | 'find-value' | 'find-version'; readonly key: number }
  | { readonly type: 'check' | 'compare'; readonly round: Round }
  | {
      readonly type: 'store' | 'relay';
      readonly key: number;
      readonly version: number;
      readonly lifeMs: number;
    };

export interface Action {
  /** Time that passes before it. */
  readonly afterMs: number;
  readonly entropy: number;
  readonly deed: Deed;
}

const index = (): fc.Arbitrary<number> => fc.nat({ max: 63 });
const keyIndex = (): fc.Arbitrary<number> => fc.nat({ max: 3 });
const version = (): fc.Arbitrary<number> => fc.integer({ min: 2, max: 9 });
const named = (): fc.Arbitrary<readonly number[]> => fc.array(index(), { maxLength: 8 });
const kind = <T extends string>(...types: readonly T[]): fc.Arbitrary<T> =>
  fc.constantFrom(...types);

const round = (): fc.Arbitrary<Round> =>
  plain<Round>({
    key: keyIndex(),
    bits: fc.constantFrom(0, 0, 1, 3, POSITION_BITS),
    holds: fc.constantFrom(-1, -1, 0, 1, 2, 5),
  });

const answer = (): fc.Arbitrary<Answer> =>
  fc.oneof(
    { weight: 8, arbitrary: plain<Answer>({ type: kind('fit'), peers: named() }) },
    { weight: 1, arbitrary: plain<Answer>({ type: kind('peers'), peers: named() }) },
    { weight: 1, arbitrary: plain<Answer>({ type: kind('ok', 'oversize') }) },
    {
      weight: 1,
      arbitrary: plain<Answer>({
        type: kind('value', 'version'),
        key: keyIndex(),
        version: version(),
      }),
    },
    {
      weight: 1,
      arbitrary: plain<Answer>({
        type: kind('sum'),
        round: round(),
        count: fc.constantFrom(0, 0, 1, TAGS_MAX + 1),
      }),
    },
    { weight: 1, arbitrary: plain<Answer>({ type: kind('tags'), round: round() }) },
    {
      weight: 1,
      arbitrary: plain<Answer>({
        type: kind('refused'),
        reason: kind('stale', 'expired', 'full', 'far', 'not-stored', 'leaving'),
      }),
    },
  );

const asked = (): fc.Arbitrary<Asked> =>
  fc.oneof(
    { weight: 6, arbitrary: plain<Asked>({ type: kind('ping') }) },
    { weight: 1, arbitrary: plain<Asked>({ type: kind('leave') }) },
    {
      weight: 4,
      arbitrary: plain<Asked>({
        type: kind('find-node', 'find-value', 'find-version'),
        key: keyIndex(),
      }),
    },
    { weight: 4, arbitrary: plain<Asked>({ type: kind('check', 'compare'), round: round() }) },
    {
      weight: 4,
      arbitrary: plain<Asked>({
        type: kind('store', 'store', 'relay'),
        key: keyIndex(),
        version: version(),
        lifeMs: fc.constantFrom(0, 1, 5000, 500_000),
      }),
    },
  );

const command = (): fc.Arbitrary<Deed> =>
  fc.oneof(
    plain<Deed>({
      type: kind('join'),
      introducers: fc.nat({ max: 4 }),
      peers: fc.array(index(), { maxLength: 6 }),
    }),
    plain<Deed>({ type: kind('lookup', 'get'), key: keyIndex() }),
    plain<Deed>({
      type: kind('put'),
      key: keyIndex(),
      size: fc.constantFrom(0, 1, 9, 65_495, 65_496),
      replication: fc.nat({ max: 30 }),
      ttlS: fc.constantFrom(0, 1, 60, 4_000_000),
    }),
  );

const deed = (): fc.Arbitrary<Deed> =>
  fc.oneof(
    { weight: 12, arbitrary: command() },
    {
      weight: 40,
      arbitrary: plain<Deed>({ type: kind('answer'), call: index(), answer: answer() }),
    },
    { weight: 16, arbitrary: plain<Deed>({ type: kind('asked'), from: index(), what: asked() }) },
    { weight: 7, arbitrary: plain<Deed>({ type: kind('unreachable', 'unsent'), call: index() }) },
    {
      weight: 10,
      arbitrary: plain<Deed>({
        type: kind('persisted', 'signed'),
        which: index(),
        ok: fc.boolean(),
      }),
    },
    {
      weight: 4,
      arbitrary: plain<Deed>({
        type: kind('introduced'),
        peer: fc.option(index(), { nil: undefined }),
      }),
    },
    { weight: 10, arbitrary: plain<Deed>({ type: kind('wake', 'early', 'again') }) },
    {
      weight: 2,
      arbitrary: plain<Deed>({ type: kind('foreign-persisted', 'foreign-signed'), token: index() }),
    },
    { weight: 2, arbitrary: plain<Deed>({ type: kind('foreign-unreachable'), call: index() }) },
    { weight: 2, arbitrary: plain<Deed>({ type: kind('lost'), which: index() }) },
    {
      weight: 4,
      arbitrary: plain<Deed>({
        type: kind('foreign'),
        from: index(),
        call: index(),
        answer: answer(),
      }),
    },
    { weight: 1, arbitrary: plain<Deed>({ type: kind('leave') }) },
  );

const pause = (): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 200 }) },
    { weight: 4, arbitrary: fc.integer({ min: 200, max: 4000 }) },
    { weight: 1, arbitrary: fc.constantFrom(10_000, 30_000, 400_000) },
  );

export const actions = (maxLength: number): fc.Arbitrary<readonly Action[]> =>
  fc.array(plain<Action>({ afterMs: pause(), entropy: fc.integer(), deed: deed() }), {
    maxLength,
    size: 'max',
  });
