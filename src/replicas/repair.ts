/**
 * Repair: fellow holders find out what they do not both hold, and make up for it.
 *
 * Round of a pair: A asks B for the sum over what both should hold, under a fresh nonce, and says
 * its own, which is another one because it is A that says it. Equal sums tell both sides that they
 * hold the same, for two small messages, however many records there are. Unequal ones lead to a
 * comparison: A lists its tags, B answers with its own, and each sends the other what it lacks.
 * Where there are too many tags for one message the range of keys is halved and each half is asked
 * for.
 *
 * Both sides judge by their own view of who should hold what. Views differ for a while after
 * somebody came or went; that costs comparisons, and no record.
 *
 * A holder that nearer nodes have replaced gives its replica up once it knows of each of them that
 * it holds it; until then it compares instead of asking for sums, because to the others it is
 * nobody's fellow in that record.
 */

import { ask, reply } from '../asking.ts';
import { HALVED_MAX, ROUND_CALLS_MAX, TAGS_MAX } from '../limits.ts';
import { positionOf } from '../position.ts';
import { countRoundCalls, type Call } from '../state/calls.ts';
import { isJoining, nextDraw, type Draft } from '../state/node.ts';
import type { Fellow } from '../state/replicas.ts';
import { durable, forEachWithin, isMember, mappedWithin, type Held } from '../state/store.ts';
import { EVERYTHING, flat, halves, isListed, listed, NOTHING } from '../state/tags.ts';
import { sameSum, seedOf, sumOf, tagOf, type Listed, type Seed } from '../state/tags.ts';
import { isClientOnly } from '../table/places.ts';
import type { CallId, Peer, Range, Reply, Request } from '../types.ts';
import { fellowOf, forgetFellow, isShunned, meet, nextCheckAt } from './fellows.ts';
import { onShown, withFellow } from './fellows.ts';
import { isKnown, onGone, onNear, withKnown } from './group.ts';
import { settleTags } from './reconcile.ts';

type Check = Extract<Request, { type: 'check' }>;
type Compare = Extract<Request, { type: 'compare' }>;
type SumReply = Extract<Reply, { type: 'sum' }>;
type TagsReply = Extract<Reply, { type: 'tags' }>;

/** A fellow's turn has come. */
export function checkFellow(draft: Draft, fellow: Fellow): void {
  const { peer, shunnedUntil } = fellow;
  const checkAt = nextCheckAt(draft);
  if (isShunned(fellow, draft.now)) {
    return withFellow(draft, { ...fellow, checkAt: Math.max(shunnedUntil, draft.now + 1) });
  }
  // Who was passed over begins anew: it has had no chance to show anything.
  const emptySince = shunnedUntil > 0 ? 0 : fellow.emptySince;
  withFellow(draft, { ...fellow, checkAt, emptySince, shunnedUntil: 0 });
  if (shunnedUntil > 0) onNear(draft, peer);
  if (isJoining(draft)) return;
  const own = survey(draft, peer, EVERYTHING);
  if (!own.isConcerned) return forgetFellow(draft, peer);
  if (countRoundCalls(draft.calls, peer) === 0) askWith(draft, peer, EVERYTHING, own);
}

/** Somebody asks whether we hold the same. */
export function onCheck(
  draft: Draft,
  from: Peer,
  call: CallId,
  { range, nonce, sum }: Check,
): void {
  const own = survey(draft, from, range);
  reply(draft, from, call, {
    type: 'sum',
    range,
    sum: sumOf(own.shared, ourSeed(draft, from, nonce)),
  });
  const isSame = sameSum(sumOf(own.shared, theirSeed(draft, from, nonce)), sum);
  // Its question was about what both should hold; ours, about what we should not, is still open.
  const whole = !isSame || range.bits === 0 ? own : survey(draft, from, EVERYTHING);
  onTurn(draft, from, sum.count > 0, isSame && !whole.hasSurplus);
  if (isSame) confirm(draft, from, range, own, sum.count);
}

/** What a fellow holds of a range, or, in place of tags, that they are too many. */
export function onSum(draft: Draft, { peer, kind, round }: Call, { range, sum }: SumReply): void {
  if (draft.leaving) return;
  onTurn(draft, peer, sum.count > 0, false);
  const isCheck = kind === 'check' && round !== undefined;
  if (isCheck) {
    const own = survey(draft, peer, range);
    const isSame = sameSum(sumOf(own.shared, theirSeed(draft, peer, round.nonce)), sum);
    if (isSame) return confirm(draft, peer, range, own, sum.count);
    const isEmpty = range.bits === 0 && sum.count === 0 && own.shared.length > 0;
    if (isEmpty && onShown(draft, peer, false)) return onGone(draft, peer);
  }
  if (sum.count > TAGS_MAX) askHalves(draft, peer, range);
  else if (isCheck) askForTags(draft, peer, range);
}

/** Somebody lists what it holds and we should. */
export function onCompare(draft: Draft, from: Peer, call: CallId, body: Compare): void {
  const { range, nonce } = body;
  onTurn(draft, from, body.tags.length > 0, false);
  const theirs = listed(body.tags, theirSeed(draft, from, nonce));
  const own = listedRecords(draft, from, range, theirs);
  if (own.length > TAGS_MAX) {
    const sum = { ...NOTHING, count: own.length };
    return reply(draft, from, call, { type: 'sum', range, sum });
  }
  const seed = ourSeed(draft, from, nonce);
  const tags = flat(own.map((record) => tagOf(record, seed)));
  reply(draft, from, call, { type: 'tags', range, tags });
  settleTags(draft, from, range, theirs);
}

export function onTags(draft: Draft, { peer, round }: Call, { range, tags }: TagsReply): void {
  if (draft.leaving || round === undefined) return;
  onTurn(draft, peer, tags.length > 0, false);
  settleTags(draft, peer, range, listed(tags, theirSeed(draft, peer, round.nonce)));
}

/** A round came to nothing: who never answers what it is asked about shows nothing either. */
export function onRoundRefused(draft: Draft, peer: Peer): void {
  if (!draft.leaving && onShown(draft, peer, false)) onGone(draft, peer);
}

/**
 * A fellow was heard; who asks about records is one, even if we knew not.
 *
 * @param isSettled whether there is nothing to settle: then our own turn need not come so soon
 */
function onTurn(draft: Draft, peer: Peer, holds: boolean, isSettled: boolean): void {
  const fellow = fellowOf(draft, peer);
  if (fellow !== undefined) {
    if (isShunned(fellow, draft.now)) return;
    const checkAt = isSettled ? nextCheckAt(draft) : fellow.checkAt;
    if (checkAt === fellow.checkAt && !fellow.missed) return;
    return withFellow(draft, { ...fellow, checkAt, missed: false });
  }
  if (!holds || draft.store.size === 0 || isClientOnly(draft.peers, peer)) return;
  meet(draft, peer, 'in-turn');
  onNear(draft, peer);
}

/** The fellow holds all that it should of a range. */
function confirm(draft: Draft, peer: Peer, range: Range, own: Survey, count: number): void {
  if (count > 0) onShown(draft, peer, true);
  if (own.isKnown) return;
  draft.store = mappedWithin(draft.store, range, (held) => {
    const isShared = isMember(held, peer) && isMember(held, draft.self);
    return isShared && held.token === 0 ? withKnown(held, peer, true) : held;
  });
}

function askAbout(draft: Draft, peer: Peer, range: Range): void {
  askWith(draft, peer, range, survey(draft, peer, range));
}

/** A sum leaves out what is not ours to keep: where there is such, the tags are asked for. */
function askWith(draft: Draft, peer: Peer, range: Range, own: Survey): void {
  if (own.hasSurplus) return askForTags(draft, peer, range);
  const nonce = nextDraw(draft);
  const sum = sumOf(own.shared, ourSeed(draft, peer, nonce));
  ask(draft, peer, { type: 'check', range, nonce, sum }, 0);
}

function askForTags(draft: Draft, peer: Peer, range: Range): void {
  const records = listedRecords(draft, peer, range, undefined);
  if (records.length > TAGS_MAX) return askHalves(draft, peer, range);
  const nonce = nextDraw(draft);
  const seed = ourSeed(draft, peer, nonce);
  const tags = flat(records.map((record) => tagOf(record, seed)));
  ask(draft, peer, { type: 'compare', range, nonce, tags }, 0);
}

/** Under what we say to a peer what we hold. */
function ourSeed({ peers, self }: Draft, peer: Peer, nonce: number): Seed {
  return seedOf(nonce, positionOf(peers, self), positionOf(peers, peer));
}

/** Under what it says so to us. */
function theirSeed({ peers, self }: Draft, peer: Peer, nonce: number): Seed {
  return seedOf(nonce, positionOf(peers, peer), positionOf(peers, self));
}

function askHalves(draft: Draft, peer: Peer, range: Range): void {
  if (range.bits >= HALVED_MAX || countRoundCalls(draft.calls, peer) >= ROUND_CALLS_MAX) return;
  for (const half of halves(range)) askAbout(draft, peer, half);
}

/** What there is to talk about with a peer, found out in one pass: most rounds need no other. */
interface Survey {
  /** Whether the peer should hold anything that we do. */
  readonly isConcerned: boolean;
  /** Whether any of that is not ours to keep, and not known to be there. */
  readonly hasSurplus: boolean;
  /** Of what is on disk: that which both of us should hold. */
  readonly shared: readonly Held[];
  /** Whether the peer is known to hold all of that. */
  readonly isKnown: boolean;
}

function survey({ store, self, now }: Draft, peer: Peer, range: Range): Survey {
  const shared: Held[] = [];
  let isConcerned = false;
  let hasSurplus = false;
  let isAllKnown = true;
  forEachWithin(store, range, (held) => {
    if (!isMember(held, peer)) return;
    isConcerned = true;
    if (!isMember(held, self)) {
      if (!isKnown(held, peer)) hasSurplus = true;
      return;
    }
    const stored = durable(held, now);
    if (stored !== undefined) shared.push(stored);
    if (held.token === 0 && !isKnown(held, peer)) isAllKnown = false;
  });
  return { isConcerned, hasSurplus, shared, isKnown: isAllKnown };
}

/** Of what is on disk: that which the peer should hold, and that which it says it does. */
function listedRecords(
  { store, now }: Draft,
  peer: Peer,
  range: Range,
  theirs: Listed | undefined,
): Held[] {
  const records: Held[] = [];
  forEachWithin(store, range, (held) => {
    const stored = durable(held, now);
    if (stored === undefined) return;
    const isTheirs = isMember(held, peer) || (theirs !== undefined && isListed(theirs, stored));
    if (isTheirs) records.push(stored);
  });
  return records;
}
