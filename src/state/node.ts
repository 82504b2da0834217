/**
 * The state of one node, a value; and the draft of its next one, which lives for one step.
 *
 * Within a step the parts of the state are read from and written to a draft, an object made by
 * that step and given up at its end: the values it holds (table, calls, store, …) are immutable,
 * only which of them is current changes. A step that changed nothing returns the same state.
 * States are built in one place with their fields in one order, which keeps them fast in V8.
 */

import { findItem, type Order, type Paged } from '../paged.ts';
import { positionOf } from '../position.ts';
import { draw } from '../random.ts';
import type { Effect } from '../step-types.ts';
import type { Table } from '../table/table.ts';
import type { Timing } from '../timing.ts';
import type { CallId, Config, Directory, Key, Moment, OpId, Peer, Position } from '../types.ts';
import type { Token } from '../types.ts';
import type { Calls } from './calls.ts';
import type { Election } from './election.ts';
import type { Finished, Operations } from './operation.ts';
import type { Usage } from './quota.ts';
import type { Fellows, Published } from './replicas.ts';
import type { Store } from './store.ts';

/** When what is due next to keep the table alive. Times in monotonic ms. */
export interface Upkeep {
  readonly checkAt: number;
  readonly checkEveryMs: number;
  /** The slots at which the liveness hands stand: one for all, one for the nearest contacts. */
  readonly hand: number;
  readonly nearHand: number;
  readonly nearTurn: boolean;
  readonly refreshAt: number;
  readonly refreshBucket: number;
  /** How many introducers the host knows, and when to ask them again; Infinity: not needed. */
  readonly introducers: number;
  readonly introduceAt: number;
  readonly introduceRound: number;
  /** When the groups of all records are to be found anew; Infinity: they are true. */
  readonly regroupAt: number;
  /** When one of the lost is called; Infinity: there is none. */
  readonly recallAt: number;
}

/** A record on its way to the disk, and who waits for it to be there. */
export interface Writing {
  readonly token: Token;
  readonly key: Key;
  readonly waiters: readonly Waiter[];
}

/** The peer and call to be answered, or the operation of the own node (`op` not 0). */
export interface Waiter {
  readonly peer: Peer;
  readonly call: CallId;
  readonly op: OpId;
}

export const writingOrder: Order<Writing, Token> = {
  compare: (item, token) => item.token - token,
  keyOf: (item) => item.token,
  dueAt: () => Infinity,
};

/** Numbers start again at 1 after this one: calls travel as u32, and none stays open for long. */
const NUMBER_MAX = 0x3fffffff;

export interface NodeState {
  readonly self: Peer;
  readonly config: Config;
  readonly table: Table;
  /** Contacts with one unanswered call; the next one evicts them. */
  readonly suspects: readonly Peer[];
  /** Who was a contact and stopped answering (`contacts/lost.ts`). */
  readonly lost: readonly Peer[];
  readonly calls: Calls;
  readonly operations: Operations;
  readonly store: Store;
  readonly usage: Usage;
  readonly fellows: Fellows;
  /** Records of its own that are to be republished. */
  readonly published: Paged<Published>;
  readonly writings: Paged<Writing>;
  readonly timing: Timing;
  readonly upkeep: Upkeep;
  readonly election: Election;
  /** The last number given to a call, a token or an own operation. */
  readonly counter: number;
  /** The version issued last. */
  readonly issued: number;
  readonly leaving: boolean;
  /** When the node next needs a step even if nothing happens; monotonic ms. */
  readonly wakeAt: number;
}

/** The registers of one step. Never kept beyond it. */
export interface Draft {
  readonly before: NodeState;
  readonly moment: Moment;
  /** That of the moment. */
  readonly now: number;
  readonly peers: Directory;
  readonly self: Peer;
  readonly config: Config;
  /** Undefined until there is one: many steps have none, most of the others one. */
  effects: Effect[] | undefined;
  /** Operations whose lookups ended in this step, to be carried on before it ends. */
  finished: Finished[] | undefined;
  draws: number;
  table: Table;
  suspects: readonly Peer[];
  lost: readonly Peer[];
  calls: Calls;
  operations: Operations;
  store: Store;
  usage: Usage;
  fellows: Fellows;
  published: Paged<Published>;
  writings: Paged<Writing>;
  timing: Timing;
  upkeep: Upkeep;
  election: Election;
  counter: number;
  issued: number;
  leaving: boolean;
}

export function openDraft(state: NodeState, moment: Moment, peers: Directory): Draft {
  return {
    before: state,
    moment,
    now: moment.now,
    peers,
    self: state.self,
    config: state.config,
    effects: undefined,
    finished: undefined,
    draws: 0,
    table: state.table,
    suspects: state.suspects,
    lost: state.lost,
    calls: state.calls,
    operations: state.operations,
    store: state.store,
    usage: state.usage,
    fellows: state.fellows,
    published: state.published,
    writings: state.writings,
    timing: state.timing,
    upkeep: state.upkeep,
    election: state.election,
    counter: state.counter,
    issued: state.issued,
    leaving: state.leaving,
  };
}

/** The state that the draft has become; the old one when nothing changed. */
export function closeDraft(draft: Draft): NodeState {
  const { before } = draft;
  if (
    draft.table === before.table &&
    draft.suspects === before.suspects &&
    draft.lost === before.lost &&
    draft.calls === before.calls &&
    draft.operations === before.operations &&
    draft.store === before.store &&
    draft.usage === before.usage &&
    draft.fellows === before.fellows &&
    draft.published === before.published &&
    draft.writings === before.writings &&
    draft.timing === before.timing &&
    draft.upkeep === before.upkeep &&
    draft.election === before.election &&
    draft.counter === before.counter &&
    draft.issued === before.issued &&
    draft.leaving === before.leaving
  ) {
    return before;
  }
  return {
    self: draft.self,
    config: draft.config,
    table: draft.table,
    suspects: draft.suspects,
    lost: draft.lost,
    calls: draft.calls,
    operations: draft.operations,
    store: draft.store,
    usage: draft.usage,
    fellows: draft.fellows,
    published: draft.published,
    writings: draft.writings,
    timing: draft.timing,
    upkeep: draft.upkeep,
    election: draft.election,
    counter: draft.counter,
    issued: draft.issued,
    leaving: draft.leaving,
    wakeAt: nextWake(draft),
  };
}

/** Adds an effect to those of the step. */
export function emit(draft: Draft, effect: Effect): void {
  if (draft.effects === undefined) draft.effects = [effect];
  else draft.effects.push(effect);
}

/** The upkeep with some of its times changed. */
export function withUpkeep(upkeep: Upkeep, change: Partial<Upkeep>): Upkeep {
  return {
    checkAt: change.checkAt ?? upkeep.checkAt,
    checkEveryMs: change.checkEveryMs ?? upkeep.checkEveryMs,
    hand: change.hand ?? upkeep.hand,
    nearHand: change.nearHand ?? upkeep.nearHand,
    nearTurn: change.nearTurn ?? upkeep.nearTurn,
    refreshAt: change.refreshAt ?? upkeep.refreshAt,
    refreshBucket: change.refreshBucket ?? upkeep.refreshBucket,
    introducers: change.introducers ?? upkeep.introducers,
    introduceAt: change.introduceAt ?? upkeep.introduceAt,
    introduceRound: change.introduceRound ?? upkeep.introduceRound,
    regroupAt: change.regroupAt ?? upkeep.regroupAt,
    recallAt: change.recallAt ?? upkeep.recallAt,
  };
}

/** While it joins, those that it meets are mostly far. */
export function isJoining({ operations }: Draft): boolean {
  return findItem(operations, ({ type }) => type === 'join') !== undefined;
}

/** Whether the node is about to leave. */
export function isHandingOver({ operations }: Draft): boolean {
  return findItem(operations, ({ type }) => type === 'handover') !== undefined;
}

/** The own position. */
export function ownPosition(draft: Draft): Position {
  return positionOf(draft.peers, draft.self);
}

/** The next draw of this step. */
export function nextDraw(draft: Draft): number {
  return draw(draft.moment.entropy, draft.draws++);
}

/** The next number for a call, a token or an own operation. */
export function nextNumber(draft: Draft): number {
  draft.counter = (draft.counter % NUMBER_MAX) + 1;
  return draft.counter;
}

/**
 * The earliest deadline, but never this very instant: what is left over waits a millisecond. Most
 * steps that serve others move no deadline, and then there is no need to go and look at them all.
 */
function nextWake(draft: Draft): number {
  const { before } = draft;
  if (
    before.wakeAt > draft.now &&
    draft.calls === before.calls &&
    draft.operations === before.operations &&
    draft.store === before.store &&
    draft.fellows === before.fellows &&
    draft.published === before.published &&
    draft.upkeep === before.upkeep &&
    draft.election === before.election &&
    draft.leaving === before.leaving
  ) {
    return before.wakeAt;
  }
  return Math.max(
    draft.now + 1,
    Math.min(draft.calls.dueAt, draft.operations.dueAt, draft.store.dueAt, upkeepAt(draft)),
  );
}

/** When the node next does something of its own accord. */
export function upkeepAt({ upkeep, election, fellows, published, leaving }: UpkeepState): number {
  if (leaving) return Infinity;
  return Math.min(
    upkeep.checkAt,
    upkeep.refreshAt,
    upkeep.introduceAt,
    upkeep.regroupAt,
    upkeep.recallAt,
    election.dueAt,
    fellows.dueAt,
    published.dueAt,
  );
}

type UpkeepState = Pick<NodeState, 'upkeep' | 'election' | 'fellows' | 'published' | 'leaving'>;
