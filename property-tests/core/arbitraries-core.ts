/**
 * Generators of the core's vocabulary: messages, inputs and effects of every variant, as hosts
 * handle them. They are well formed, not plausible: for what must hold for all data alike, such as
 * fingerprints and serialisers.
 */
import fc from 'fast-check';
import { HOPS_MAX, POSITION_BITS } from '../../src/limits.ts';
import type { Command, Effect, Input, Note, Outcome, Write } from '../../src/step-types.ts';
import type { KeptRecord, Message, Peer, Range, RecordBody, Sum, Trail } from '../../src/types.ts';
import { ballot, electionReply, electionRequest, voters } from './arbitraries-election.ts';
import { bits256, header, key, plain, position, u32, word } from './arbitraries.ts';

const peer = (): fc.Arbitrary<Peer> => fc.integer({ min: 0, max: 0x7ffffffd });
const peers = (): fc.Arbitrary<readonly Peer[]> => fc.array(peer(), { maxLength: 24 });

const kind = <T extends string>(type: T): fc.Arbitrary<T> => fc.constant(type);
const count = (): fc.Arbitrary<number> => fc.nat();
const op = (): fc.Arbitrary<number> =>
  fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

const range = (): fc.Arbitrary<Range> =>
  plain({ bits: fc.integer({ min: 0, max: POSITION_BITS }), from: position() });
const sum = (): fc.Arbitrary<Sum> => plain({ count: u32(), high: word(), low: word() });
/** Two words each. */
const tags = (): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.tuple(word(), word()), { maxLength: 12 }).map((pairs) => pairs.flat());

const message = (): fc.Arbitrary<Message> =>
  fc.oneof(
    plain({
      type: kind('request'),
      call: u32(),
      body: fc.oneof(
        plain({ type: fc.constantFrom('ping' as const, 'leave' as const) }),
        plain({ type: kind('find-node'), target: position() }),
        plain({ type: fc.constantFrom('find-value' as const, 'find-version'), key: key() }),
        plain({ type: kind('store'), record: header() }),
        plain({
          type: kind('relay'),
          record: header(),
          hops: fc.integer({ min: 1, max: HOPS_MAX }),
        }),
        plain({ type: kind('check'), range: range(), nonce: word(), sum: sum() }),
        plain({ type: kind('compare'), range: range(), nonce: word(), tags: tags() }),
        electionRequest(),
      ),
    }),
    plain({
      type: kind('reply'),
      call: u32(),
      body: fc.oneof(
        plain({ type: kind('ok') }),
        plain({ type: kind('peers'), peers: peers() }),
        plain({ type: kind('value'), record: header() }),
        plain({ type: kind('version'), record: header(), peers: peers() }),
        plain({ type: kind('sum'), range: range(), sum: sum() }),
        plain({ type: kind('tags'), range: range(), tags: tags() }),
        electionReply(),
        plain({
          type: kind('refused'),
          reason: fc.constantFrom(
            ...(['stale', 'expired', 'full', 'far', 'not-stored', 'leaving'] as const),
          ),
        }),
      ),
    }),
  );

const command = (): fc.Arbitrary<Command> =>
  fc.oneof(
    plain({ type: kind('join'), introducers: count(), peers: peers() }),
    plain({ type: kind('lookup'), target: position() }),
    plain({ type: kind('get'), key: key() }),
    plain({
      type: kind('put'),
      key: key(),
      size: count(),
      replication: count(),
      ttlS: u32(),
    }),
    plain({ type: kind('leave') }),
  );

export const input = (): fc.Arbitrary<Input> =>
  fc.oneof(
    plain({ type: kind('command'), op: op(), command: command() }),
    plain({ type: kind('message'), from: peer(), message: message() }),
    plain({ type: kind('unreachable'), peer: peer(), call: u32() }),
    plain({ type: kind('unsent'), peer: peer(), call: u32() }),
    plain({ type: kind('persisted'), token: count(), ok: fc.boolean() }),
    plain({ type: kind('signed'), token: count(), record: header() }),
    plain({ type: kind('lost'), record: header() }),
    plain({
      type: kind('introduced'),
      introducer: count(),
      peer: fc.option(peer(), { nil: undefined }),
    }),
    plain({ type: kind('voters'), voters: voters() }),
    plain({ type: kind('wake') }),
  );

const trail = (): fc.Arbitrary<Trail> =>
  plain({
    nearest: peers(),
    responders: peers(),
    namedBy: peers(),
    requests: count(),
    replies: count(),
  });

const outcome = (): fc.Arbitrary<Outcome> =>
  fc.oneof(
    plain({ type: kind('joined'), contacts: count() }),
    plain({ type: fc.constantFrom('nodes' as const, 'absent' as const), trail: trail() }),
    plain({ type: kind('found'), record: header(), holder: peer(), trail: trail() }),
    plain({
      type: kind('stored'),
      record: header(),
      holders: peers(),
      wanted: count(),
      trail: trail(),
    }),
    plain({ type: kind('left') }),
    plain({
      type: kind('failed'),
      failure: fc.constantFrom(
        ...(['no-peers', 'timed-out', 'too-few-replicas', 'full'] as const),
        ...(['too-many-operations', 'leaving', 'invalid'] as const),
      ),
      holders: peers(),
      wanted: count(),
      trail: trail(),
    }),
  );

const note = (): fc.Arbitrary<Note> =>
  fc.oneof(
    plain({
      type: fc.constantFrom(
        ...(['contact-added', 'contact-evicted', 'reply-unasked', 'fellow-shunned'] as const),
      ),
      peer: peer(),
    }),
    plain({ type: kind('replica-sent'), key: key(), peer: peer() }),
    plain({ type: kind('replica-dropped'), key: key() }),
    plain({
      type: kind('call-expired'),
      peer: peer(),
      kind: fc.constantFrom(
        ...(['ping', 'find-node', 'find-value', 'find-version', 'store'] as const),
        ...(['check', 'compare', 'leave', 'vote', 'heartbeat', 'resign'] as const),
        ...(['announce', 'introduce', 'relay'] as const),
      ),
    }),
    plain({ type: fc.constantFrom('record-expired', 'handover-cut'), count: count() }),
  );

export const keptRecord = (): fc.Arbitrary<KeptRecord> =>
  plain({
    header: header(),
    storedAtMs: fc.maxSafeNat(),
    from: fc.option(bits256(), { nil: undefined }),
  });

const write = (): fc.Arbitrary<Write> =>
  fc.oneof(
    plain({
      type: kind('put'),
      record: keptRecord(),
    }),
    plain({ type: kind('delete'), record: header() }),
    plain({ type: kind('ballot'), ballot: ballot() }),
  );

const recordBody = (): fc.Arbitrary<RecordBody> =>
  header().map(({ key, version, size, replication, ttlS, publishedAtMs }) => ({
    key,
    version,
    size,
    replication,
    ttlS,
    publishedAtMs,
  }));

const effect = (): fc.Arbitrary<Effect> =>
  fc.oneof(
    plain({ type: kind('send'), to: peer(), message: message() }),
    plain({ type: kind('settle'), op: op(), outcome: outcome() }),
    plain({
      type: kind('persist'),
      token: count(),
      writes: fc.array(write(), { maxLength: 4 }),
    }),
    plain({ type: kind('sign'), token: count(), body: recordBody() }),
    plain({ type: kind('introduce'), introducer: count() }),
    plain({ type: kind('note'), note: note() }),
  );

export const effects = (): fc.Arbitrary<readonly Effect[]> => fc.array(effect(), { maxLength: 6 });
