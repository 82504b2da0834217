/**
 * Generators of what an election says, as it travels and as the core has it: lists of voters and of
 * introducers, votes, heartbeats, introductions.
 */
import fc from 'fast-check';
import { idsIn, packIds } from '../../src/codec/election.ts';
import { LISTED_MAX, VOTERS_MAX } from '../../src/limits.ts';
import type { Ballot, Introducers, Peer, Reply, Request, Voters } from '../../src/types.ts';
import type { WireIntroducers, WireReply, WireRequest, WireVoters } from '../../src/wire-types.ts';
import { bytes, plain, u32, wirePeers } from './arbitraries.ts';

const kind = <T extends string>(type: T): fc.Arbitrary<T> => fc.constant(type);
const term = (): fc.Arbitrary<number> => fc.maxSafeNat();
const serial = (): fc.Arbitrary<number> => u32();
/** What the edges of tests take for a signature of the authority, or of a leader. */
const SIGNED = new Uint8Array(64).fill(7);
const signature = (): fc.Arbitrary<Uint8Array> => fc.oneof(fc.constant(SIGNED), bytes(64));

const wireVoters = (): fc.Arbitrary<WireVoters> =>
  plain({
    version: u32(),
    ids: fc.array(bytes(32), { minLength: 1, maxLength: VOTERS_MAX }).map(packIds),
    signature: fc.oneof(signature(), fc.constant(new Uint8Array(0))),
  });

const wireIntroducers = (): fc.Arbitrary<WireIntroducers> =>
  plain({
    term: term(),
    serial: serial(),
    // Mostly not in the future, where no list counts.
    madeAtMs: fc.oneof({ arbitrary: fc.nat(1e9), weight: 3 }, { arbitrary: term(), weight: 1 }),
    voters: wireVoters(),
    leader: bytes(32),
    certificate: fc.uint8Array({ maxLength: 400 }),
    peers: wirePeers(LISTED_MAX),
    signature: signature(),
  }).chain((list) =>
    // Most leaders are among those who may elect them.
    fc.constantFrom(list.leader, idsIn(list.voters)[0] ?? list.leader).map((leader) => {
      return { ...list, leader };
    }),
  );

export const wireElectionRequest = (): fc.Arbitrary<WireRequest> =>
  fc.oneof(
    plain({ type: kind('vote'), term: term(), version: u32(), isPreVote: fc.boolean() }),
    plain({ type: kind('heartbeat'), term: term(), voters: wireVoters() }),
    plain({ type: kind('resign'), term: term(), successor: bytes(32) }),
    plain({ type: kind('announce'), introducers: wireIntroducers() }),
    plain({ type: kind('introduce') }),
  );

export const wireElectionReply = (): fc.Arbitrary<WireReply> =>
  fc.oneof(
    plain({ type: kind('term'), term: term(), version: u32(), ok: fc.boolean() }),
    plain({
      type: kind('introduction'),
      introducers: fc.option(wireIntroducers(), { nil: undefined }),
      peers: wirePeers(),
    }),
  );

const peer = (): fc.Arbitrary<Peer> => fc.integer({ min: 0, max: 0x7fffffff });
const peers = (maxLength: number): fc.Arbitrary<readonly Peer[]> => fc.array(peer(), { maxLength });

export const voters = (): fc.Arbitrary<Voters> =>
  plain({ version: u32(), peers: peers(VOTERS_MAX) });

export const ballot = (): fc.Arbitrary<Ballot> =>
  plain({ term: term(), vote: fc.option(peer(), { nil: undefined }), voters: voters() });

const introducers = (): fc.Arbitrary<Introducers> =>
  plain({
    term: term(),
    serial: serial(),
    leader: peer(),
    madeAtMs: fc.maxSafeNat(),
    peers: peers(LISTED_MAX),
  });

export const electionRequest = (): fc.Arbitrary<Request> =>
  fc.oneof(
    plain({ type: kind('vote'), term: term(), isPreVote: fc.boolean(), version: u32() }),
    plain({ type: kind('heartbeat'), term: term(), voters: voters() }),
    plain({ type: kind('resign'), term: term(), successor: peer() }),
    plain({ type: kind('announce'), introducers: introducers() }),
    plain({ type: kind('introduce') }),
  );

export const electionReply = (): fc.Arbitrary<Reply> =>
  fc.oneof(
    plain({ type: kind('term'), term: term(), version: u32(), ok: fc.boolean() }),
    plain({
      type: kind('introduction'),
      introducers: fc.option(introducers(), { nil: undefined }),
      peers: peers(8),
    }),
  );
