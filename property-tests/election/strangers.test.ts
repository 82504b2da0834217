// Whoever is no voter takes no voter's place at a ballot that is being written.
import test from 'ava';
import { answer } from '../../src/election/ballot.ts';
import { AWAITING_MAX } from '../../src/limits.ts';
import { closeDraft, openDraft } from '../../src/state/node.ts';
import { directoryOf, short } from '../core/core-arbitraries.ts';
import { repliesTo } from '../core/core-talk.ts';
import { HEALTHY } from './setting.ts';
import { CORE } from './voter.ts';
import { World } from './world.ts';

/** By then somebody leads. */
const SETTLED_US = 15e6;

test('strangers do not wait for a ballot, and voters do', (t) => {
  const world = new World(1, CORE, HEALTHY, false);
  world.runUntil(SETTLED_US);
  const { state } = world.leader() ?? {};
  if (state === undefined) return t.fail('nobody leads');
  const { election, self } = state;
  const voter = election.ballot.voters.peers.find((peer) => peer !== self) ?? t.fail();
  const stranger = election.ballot.voters.peers.length + 1;
  const writing = { ...state, election: { ...election, writing: 1 } };
  const peers = directoryOf(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].map(short));
  const draft = openDraft(writing, { now: 0, wall: 0, entropy: 0 }, peers);
  const asked = { ok: false, binds: false };
  for (let call = 0; call < AWAITING_MAX; call++) answer(draft, { peer: stranger, call, ...asked });
  answer(draft, { peer: voter, call: 1, ...asked });
  t.deepEqual(
    draft.election.waiting.map(({ peer }) => peer),
    [voter],
  );
  const replies = repliesTo(draft.effects ?? [], stranger);
  t.deepEqual(replies, Array(AWAITING_MAX).fill({ type: 'refused', reason: 'not-stored' }));
  t.not(closeDraft(draft), writing);
});
