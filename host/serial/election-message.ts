/**
 * Words of the messages of an election, which are few beside all others (`message.ts`).
 */

import { assertNever } from '../../src/assert.ts';
import type { ElectionBody, Reply, Request } from '../../src/types.ts';
import { readIntroducers, readVoters, writeIntroducers, writeVoters } from './election.ts';
import { readOptional, writeOptional } from './forms.ts';
import type { Reader, Writer } from './words.ts';

export function writeElectionBody(out: Writer, body: ElectionBody): void {
  switch (body.type) {
    case 'vote':
      out.number(body.term);
      out.bool(body.isPreVote);
      return out.number(body.version);
    case 'heartbeat':
      out.number(body.term);
      return writeVoters(out, body.voters);
    case 'resign':
      out.number(body.term);
      return out.word(body.successor);
    case 'announce':
      return writeIntroducers(out, body.introducers);
    case 'introduce':
      return;
    case 'term':
      out.number(body.term);
      out.number(body.version);
      return out.bool(body.ok);
    case 'introduction':
      writeOptional(out, body.introducers, writeIntroducers);
      return out.intList(body.peers);
    default:
      return assertNever(body);
  }
}

export function readElectionRequest(input: Reader, kind: number): Request | undefined {
  switch (kind) {
    case ELECTION_KINDS.vote:
      return {
        type: 'vote',
        term: input.number(),
        isPreVote: input.bool(),
        version: input.number(),
      };
    case ELECTION_KINDS.heartbeat:
      return { type: 'heartbeat', term: input.number(), voters: readVoters(input) };
    case ELECTION_KINDS.resign:
      return { type: 'resign', term: input.number(), successor: input.word() };
    case ELECTION_KINDS.announce:
      return { type: 'announce', introducers: readIntroducers(input) };
    case ELECTION_KINDS.introduce:
      return { type: 'introduce' };
    default:
      return undefined;
  }
}

export function readElectionReply(input: Reader, kind: number): Reply | undefined {
  switch (kind) {
    case ELECTION_KINDS.term:
      return {
        type: 'term',
        term: input.number(),
        version: input.number(),
        ok: input.bool(),
      };
    case ELECTION_KINDS.introduction: {
      const introducers = readOptional(input, readIntroducers);
      return { type: 'introduction', introducers, peers: input.intList() };
    }
    default:
      return undefined;
  }
}

export const ELECTION_KINDS: Readonly<Record<ElectionBody['type'], number>> = {
  vote: 16,
  term: 17,
  heartbeat: 18,
  resign: 19,
  announce: 20,
  introduce: 21,
  introduction: 22,
};
