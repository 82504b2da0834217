/**
 * Fellow holders: the nodes that should hold some of the records that this node holds. One small
 * message per pair and round tells both whether they hold the same (`repair.ts`); here is when the
 * next one is due, and who is passed over because it never shows what it should hold, be it that it
 * acknowledges and keeps nothing, or that it has no room.
 */

import { EMPTY_ROUNDS_MAX, FELLOW_LATER_MS, FELLOW_SOON_MS, FELLOWS_MAX } from '../limits.ts';
import { SHUN_MS } from '../limits.ts';
import { forEachItem, lookUp, withItem, withoutItem } from '../paged.ts';
import { jitter } from '../random.ts';
import { emit, nextDraw, type Draft } from '../state/node.ts';
import { fellowOrder, type Fellow } from '../state/replicas.ts';
import type { Peer } from '../types.ts';

export function fellowOf(draft: Draft, peer: Peer): Fellow | undefined {
  return draft.fellows.size === 0 ? undefined : lookUp(draft.fellows, fellowOrder, peer);
}

export function withFellow(draft: Draft, fellow: Fellow): void {
  draft.fellows = withItem(draft.fellows, fellowOrder, fellow);
}

export function forgetFellow(draft: Draft, peer: Peer): void {
  draft.fellows = withoutItem(draft.fellows, fellowOrder, peer);
}

export function isShunned({ shunnedUntil }: Fellow, now: number): boolean {
  return shunnedUntil > now;
}

/** How urgent it is to see what a fellow holds. */
export type Urgency = 'soon' | 'later' | 'in-turn';

/** A peer should hold what we hold: it is a fellow from now on, and is checked before long. */
export function meet(draft: Draft, peer: Peer, urgency: Urgency): void {
  const { repairMs } = draft.config;
  if (peer === draft.self || repairMs === 0) return;
  const fellow = fellowOf(draft, peer);
  if (fellow === undefined) {
    if (draft.fellows.size >= FELLOWS_MAX) return;
    const checkAt = draft.now + firstWaitMs(draft, urgency);
    return withFellow(draft, { peer, checkAt, missed: false, emptySince: 0, shunnedUntil: 0 });
  }
  if (urgency === 'in-turn') return;
  const checkAt = draft.now + firstWaitMs(draft, urgency);
  if (checkAt < fellow.checkAt) withFellow(draft, { ...fellow, checkAt });
}

/**
 * A fellow has shown some of what it should hold, or nothing at all.
 *
 * @returns whether it is passed over from now on
 */
export function onShown(draft: Draft, peer: Peer, something: boolean): boolean {
  const fellow = fellowOf(draft, peer);
  if (fellow === undefined || isShunned(fellow, draft.now)) return false;
  const { emptySince } = fellow;
  if (something || emptySince === 0) {
    const since = something ? 0 : draft.now;
    if (since !== emptySince) withFellow(draft, { ...fellow, emptySince: since });
    return false;
  }
  if (draft.now - emptySince < EMPTY_ROUNDS_MAX * draft.config.repairMs) return false;
  const shunnedUntil = draft.now + SHUN_MS;
  withFellow(draft, { ...fellow, shunnedUntil, checkAt: shunnedUntil });
  emit(draft, { type: 'note', note: { type: 'fellow-shunned', peer } });
  return true;
}

/** When the next round with a fellow is due: 0.9 to 1.2 of the configured time. */
export function nextCheckAt(draft: Draft): number {
  return draft.now + jitter(nextDraw(draft), ROUND_MEAN * draft.config.repairMs, ROUND_SPREAD);
}

/** A fellow is not checked before the next round is due. */
export function waitInTurn(draft: Draft, peer: Peer): void {
  const fellow = fellowOf(draft, peer);
  if (fellow === undefined || fellow.checkAt > draft.now + FELLOW_LATER_MS) return;
  withFellow(draft, { ...fellow, checkAt: nextCheckAt(draft) });
}

/** It has answered a call. */
export function onProven(draft: Draft, peer: Peer): void {
  const fellow = fellowOf(draft, peer);
  if (fellow?.missed === true) withFellow(draft, { ...fellow, missed: false });
}

/** All fellows, by whether they are passed over. */
export function dividedFellows({ fellows, now }: Draft): Divided {
  const divided = { trusted: new Array<Peer>(), shunned: new Array<Peer>() };
  forEachItem(fellows, (fellow) => {
    (isShunned(fellow, now) ? divided.shunned : divided.trusted).push(fellow.peer);
  });
  return divided;
}

export interface Divided {
  readonly trusted: readonly Peer[];
  readonly shunned: readonly Peer[];
}

function firstWaitMs(draft: Draft, urgency: Urgency): number {
  const word = nextDraw(draft);
  if (urgency === 'soon') return jitter(word, FELLOW_SOON_MS / 2, 0.8);
  if (urgency === 'later') return jitter(word, FELLOW_LATER_MS, 0.4);
  return jitter(word, draft.config.repairMs / 2, 1);
}

const ROUND_MEAN = 1.05;
/** As a share of the mean. */
const ROUND_SPREAD = 1 / 7;
