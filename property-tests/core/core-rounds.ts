/**
 * The side of a peer in a round of fellow holders, as generated logs play it: it is asked, or asks,
 * what it and the node should both hold, and says that it holds all of that, a part, or nothing.
 */
import { POSITION_BITS } from '../../src/limits.ts';
import { allItems } from '../../src/paged.ts';
import { positionOf } from '../../src/position.ts';
import type { Call } from '../../src/state/calls.ts';
import { durable, type Held } from '../../src/state/store.ts';
import { flat, isWithin, seedOf, sumOf, tagOf, type Seed } from '../../src/state/tags.ts';
import type { Peer, Range, Reply, Request } from '../../src/types.ts';
import { smallKey, type Asked, type Round } from './core-arbitraries.ts';
import type { StrictNode } from './core-driver.ts';

type Rounds = Extract<Asked, { readonly round: Round }>;

const NONCE = 77;

export function askedOf(node: StrictNode, from: Peer, { type, round }: Rounds): Request {
  const range = rangeOf(round);
  const records = heldRecords(node, from, round, range);
  const seed = seedBy(node, from, NONCE);
  if (type === 'check') return { type, range, nonce: NONCE, sum: sumOf(records, seed) };
  const tags = flat(records.map((record) => tagOf(record, seed)));
  return { type, range, nonce: NONCE, tags };
}

/** `more`: how many records the peer says that it holds besides. */
export function sumReplyOf(
  node: StrictNode,
  call: Call | undefined,
  round: Round,
  more: number,
): Reply {
  const range = answeredRange(call, round);
  const peer = call?.peer ?? 0;
  const records = heldRecords(node, peer, round, range);
  const { count, high, low } = sumOf(records, seedBy(node, peer, call?.round?.nonce ?? 0));
  return { type: 'sum', range, sum: { count: count + more, high, low } };
}

export function tagsReplyOf(node: StrictNode, call: Call | undefined, round: Round): Reply {
  const range = answeredRange(call, round);
  const peer = call?.peer ?? 0;
  const records = heldRecords(node, peer, round, range);
  const seed = seedBy(node, peer, call?.round?.nonce ?? 0);
  return { type: 'tags', range, tags: flat(records.map((record) => tagOf(record, seed))) };
}

/** Under what the peer says to the node what it holds. */
function seedBy({ directory, state }: StrictNode, peer: Peer, nonce: number): Seed {
  return seedOf(nonce, positionOf(directory, peer), positionOf(directory, state.self));
}

/** Mostly what was asked about; one of a single position speaks of that, as a liar might. */
function answeredRange(call: Call | undefined, round: Round): Range {
  const own = rangeOf(round);
  return round.bits === POSITION_BITS ? own : (call?.round?.range ?? own);
}

function rangeOf({ key, bits }: Round): Range {
  return { bits, from: smallKey(key).position };
}

/** Of what the node has on disk and the peer should hold too, that which the peer says it does. */
function heldRecords(
  { state, now }: StrictNode,
  peer: Peer,
  round: Round,
  range: Range,
): readonly Held[] {
  const records: Held[] = [];
  for (const held of allItems(state.store)) {
    const stored = durable(held, now);
    if (stored === undefined || !held.group.includes(peer)) continue;
    if (isWithin(held.header.key.position, range)) records.push(stored);
  }
  return records.filter((_, i) => (round.holds & (1 << i)) !== 0);
}
