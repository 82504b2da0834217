/**
 * Words of an election: lists of voters and ballots, which travel and are kept, and what a node's
 * state says of it. Fields in the order of `src/types.ts` and `src/state/election.ts`.
 */

import { noElection, noVoters } from '../../src/state/election.ts';
import type { Awaiting, Election, Granted, Heard, Role } from '../../src/state/election.ts';
import type { Ballot, Introducers, Voters } from '../../src/types.ts';
import { readList, readOptional, writeList, writeOptional } from './forms.ts';
import type { Reader, Writer } from './words.ts';

export function writeVoters(out: Writer, { version, peers }: Voters): void {
  out.number(version);
  out.intList(peers);
}

export function readVoters(input: Reader): Voters {
  const version = input.number();
  const peers = input.intList();
  return version === 0 && peers.length === 0 ? noVoters : { version, peers };
}

export function writeBallot(out: Writer, { term, vote, voters }: Ballot): void {
  out.number(term);
  writeOptional(out, vote, writePeer);
  writeVoters(out, voters);
}

export function readBallot(input: Reader): Ballot {
  return {
    term: input.number(),
    vote: readOptional(input, readPeer),
    voters: readVoters(input),
  };
}

export function writeIntroducers(out: Writer, list: Introducers): void {
  out.number(list.term);
  out.number(list.serial);
  out.word(list.leader);
  out.number(list.madeAtMs);
  out.intList(list.peers);
}

export function readIntroducers(input: Reader): Introducers {
  return {
    term: input.number(),
    serial: input.number(),
    leader: input.word(),
    madeAtMs: input.number(),
    peers: input.intList(),
  };
}

/** Nearly all nodes know of no election: they take one word. */
export function writeElection(out: Writer, election: Election): void {
  out.bool(election !== noElection);
  if (election === noElection) return;
  writeBallot(out, election.ballot);
  out.number(election.writing);
  writeList(out, election.waiting, writeAwaiting);
  writeOptional(out, election.proposed, writeVoters);
  out.number(election.promisedUntil);
  writeRole(out, election.role);
  writeOptional(out, election.leader, writePeer);
  out.number(election.seen);
  writeOptional(out, election.introducers, writeIntroducers);
  out.number(election.lost);
  out.number(election.changedAtMs);
  out.number(election.dueAt);
}

export function readElection(input: Reader): Election {
  if (!input.bool()) return noElection;
  return {
    ballot: readBallot(input),
    writing: input.number(),
    waiting: readList(input, 4, readAwaiting),
    proposed: readOptional(input, readVoters),
    promisedUntil: input.number(),
    role: readRole(input),
    leader: readOptional(input, readPeer),
    seen: input.number(),
    introducers: readOptional(input, readIntroducers),
    lost: input.number(),
    changedAtMs: input.number(),
    dueAt: input.number(),
  };
}

function writeAwaiting(out: Writer, { peer, call, ok, binds }: Awaiting): void {
  out.word(peer);
  out.number(call);
  out.bool(ok);
  out.bool(binds);
}

function readAwaiting(input: Reader): Awaiting {
  return { peer: input.word(), call: input.number(), ok: input.bool(), binds: input.bool() };
}

function writeRole(out: Writer, role: Role): void {
  switch (role.type) {
    case 'observer':
      return out.word(OBSERVER);
    case 'follower':
      return out.word(FOLLOWER);
    case 'candidate':
      out.word(CANDIDATE);
      out.bool(role.isPreVote);
      out.number(role.term);
      out.number(role.round);
      out.word(role.asks);
      writeList(out, role.granted, writeGranted);
      return out.intList(role.refused);
    case 'leader':
      out.word(LEADER);
      writeList(out, role.heard, writeHeard);
      out.number(role.leaseUntil);
      out.number(role.beatAt);
      return out.number(role.announceAt);
  }
}

function readRole(input: Reader): Role {
  const kind = input.word();
  switch (kind) {
    case OBSERVER:
      return { type: 'observer' };
    case FOLLOWER:
      return { type: 'follower' };
    case CANDIDATE:
      return {
        type: 'candidate',
        isPreVote: input.bool(),
        term: input.number(),
        round: input.number(),
        asks: input.word(),
        granted: readList(input, 2, readGranted),
        refused: input.intList(),
      };
    case LEADER:
      return {
        type: 'leader',
        heard: readList(input, 2, readHeard),
        leaseUntil: input.number(),
        beatAt: input.number(),
        announceAt: input.number(),
      };
    default:
      throw input.fault(`${kind} is no role of a voter`);
  }
}

function writeGranted(out: Writer, { peer, sentAt }: Granted): void {
  out.word(peer);
  out.number(sentAt);
}

function readGranted(input: Reader): Granted {
  return { peer: input.word(), sentAt: input.number() };
}

function writeHeard(out: Writer, { sentAt, version }: Heard): void {
  out.number(sentAt);
  out.number(version);
}

function readHeard(input: Reader): Heard {
  return { sentAt: input.number(), version: input.number() };
}

const writePeer = (out: Writer, peer: number): void => out.word(peer);
const readPeer = (input: Reader): number => input.word();

const OBSERVER = 0;
const FOLLOWER = 1;
const CANDIDATE = 2;
const LEADER = 3;
