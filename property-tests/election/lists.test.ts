// Lists of voters that reach one voter in another order than the rest: what an operator gave it
// earlier takes nothing back that a leader has told it since.
import test from 'ava';
import { PeerDirectory } from '../../host/directory.ts';
import { defaultConfig } from '../../src/config.ts';
import { create } from '../../src/create.ts';
import { checkNode } from '../../src/invariants/invariants.ts';
import type { NodeState } from '../../src/state/node.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import { step } from '../../src/step.ts';
import type { Ballot, Message, Request, Voters } from '../../src/types.ts';

const SELF = 1;
const listOf = (version: number, ...peers: number[]): Voters => ({ version, peers });

/** A voter whose disk does at once what it is told. */
class Alone {
  readonly #directory = new PeerDirectory();
  #now = 1;
  state: NodeState;
  sent: readonly Effect[] = [];

  constructor(ballot: Ballot) {
    for (let peer = 0; peer < 5; peer++) this.#directory.add([peer, 0, 0, peer << 29, 0, 0, 0, 0]);
    const kept = { records: [], peers: [], ballot, voters: ballot.voters };
    this.state = create(SELF, defaultConfig, this.#moment(), kept);
  }

  feed(input: Input): void {
    const { state, effects } = step(this.state, this.#moment(), input, this.#directory);
    this.state = state;
    this.sent = effects;
    for (const effect of effects) {
      if (effect.type !== 'persist') continue;
      this.feed({ type: 'persisted', token: effect.token, ok: true });
    }
  }

  hear(from: number, body: Request, call = 1): void {
    this.feed({ type: 'message', from, message: { type: 'request', call, body } });
  }

  waitUntil(holds: () => boolean, most = 1000): void {
    for (let i = 0; i < most && !holds(); i++) {
      this.#now = Math.max(this.#now + 1, this.state.wakeAt);
      this.feed({ type: 'wake' });
    }
  }

  faults(): readonly string[] {
    return checkNode(this.state, this.#directory);
  }

  #moment() {
    return { now: this.#now, wall: 1e12 + this.#now, entropy: this.#now * 7 };
  }
}

function callOf(effects: readonly Effect[], to: number): number {
  const calls = effects.flatMap((effect) => {
    if (effect.type !== 'send' || effect.to !== to) return [];
    return effect.message.type === 'request' ? [effect.message.call] : [];
  });
  return calls[0] ?? 0;
}

test('who was taken off a list and put back on the next stays on it', (t) => {
  const first = listOf(9, 0, SELF, 2);
  const node = new Alone({ term: 5, vote: undefined, voters: first });
  node.feed({ type: 'voters', voters: listOf(10, 0, 2) });
  t.is(node.state.election.proposed?.version, 10);

  const next = listOf(11, 0, SELF, 2);
  node.hear(0, { type: 'heartbeat', term: 6, voters: next });
  t.deepEqual(node.state.election.ballot, { term: 6, vote: undefined, voters: next });
  t.deepEqual(node.faults(), []);

  // The leader is gone; this node stands, and another voter, still bound to it, says no.
  node.waitUntil(() => node.state.election.role.type === 'candidate');
  const answer = { type: 'term', term: 6, version: 11, ok: false } as const;
  const message: Message = { type: 'reply', call: callOf(node.sent, 2), body: answer };
  node.feed({ type: 'message', from: 2, message });
  t.is(node.state.election.role.type, 'candidate');
  t.deepEqual(node.state.election.ballot.voters, next);
});

test('who was taken off a list and asks in vain goes by that list', (t) => {
  const node = new Alone({ term: 5, vote: undefined, voters: listOf(9, 0, SELF, 2) });
  node.feed({ type: 'voters', voters: listOf(10, 0, 2) });
  node.waitUntil(() => node.state.election.role.type === 'candidate');
  const answer = { type: 'term', term: 5, version: 10, ok: false } as const;
  const message: Message = { type: 'reply', call: callOf(node.sent, 2), body: answer };
  node.feed({ type: 'message', from: 2, message });
  t.is(node.state.election.role.type, 'observer');
  t.is(node.state.election.ballot.voters.version, 10);
  t.deepEqual(node.faults(), []);
});
