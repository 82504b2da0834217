/**
 * The state of one node, a value; and the draft of its next one, which lives for one step.
 *
 * Within a step the parts of the state are read from and written to a draft, an object made by
 * that step and given up at its end: the values it holds (table, calls, store, …) are immutable,
 * only which of them is current changes. A step that changed nothing returns the same state.
 * States are built in one place with their fields in one order, which keeps them fast in V8.
 */

import { noCalls, type Calls } from './calls.ts';
import { assert } from './assert.ts';
import { configFaults } from './config.ts';
import { CHECK_MS_MAX, REFRESH_MS } from './limits.ts';
import { noOperations, type Finished, type Operations } from './operation.ts';
import { emptyPaged, withItem, type Order, type Paged } from './paged.ts';
import { positionOf } from './position.ts';
import { draw, jitter } from './random.ts';
import { compareVersions, emptyStore, heldOrder, newestHeld, type Store } from './store.ts';
import { emptyTable, type Table } from './table.ts';
import { unmeasured, type Timing } from './timing.ts';
import type { CallId, Config, Directory, Effect, Kept, Key, Moment } from './types.ts';
import type { OpId, Peer, Position, Token } from './types.ts';

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

const nobody: readonly Peer[] = [];

/** Numbers start again at 1 after this one: calls travel as u32, and none stays open for long. */
const NUMBER_MAX = 0x3fffffff;

export interface NodeState {
  readonly self: Peer;
  readonly config: Config;
  readonly table: Table;
  /** Contacts with one unanswered call; the next one evicts them. */
  readonly suspects: readonly Peer[];
  readonly calls: Calls;
  readonly operations: Operations;
  readonly store: Store;
  readonly writings: Paged<Writing>;
  readonly timing: Timing;
  readonly upkeep: Upkeep;
  /** The last number given to a call, a token or an own operation. */
  readonly counter: number;
  /** The highest version issued. */
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
  calls: Calls;
  operations: Operations;
  store: Store;
  writings: Paged<Writing>;
  timing: Timing;
  upkeep: Upkeep;
  counter: number;
  issued: number;
  leaving: boolean;
}

/**
 * A node that knows nobody yet. Saved peers are handed to it with its `join` command; records come
 * back with the age that the wall clock gives them.
 *
 * @throws Error when the settings cannot work (the host has checked them with `configFaults`)
 */
export function create(self: Peer, config: Config, moment: Moment, kept: Kept): NodeState {
  const faults = configFaults(config);
  assert(faults.length === 0, faults.join('; '));
  let store = emptyStore;
  for (const { header, storedAtMs } of kept.records) {
    const held = newestHeld(store, header.key);
    if (held !== undefined && compareVersions(held.header, header) >= 0) continue;
    const ageMs = Math.max(0, moment.wall - storedAtMs);
    const expiresAt = moment.now + header.lifeMs - ageMs;
    store = withItem(store, heldOrder, { header, expiresAt, token: 0, replaced: undefined });
  }
  const upkeep: Upkeep = {
    checkAt: moment.now + jitter(draw(moment.entropy, 0), CHECK_MS_MAX, 0.5),
    checkEveryMs: CHECK_MS_MAX,
    hand: 0,
    nearHand: 0,
    nearTurn: false,
    refreshAt: moment.now + jitter(draw(moment.entropy, 1), REFRESH_MS, 0.5),
    refreshBucket: 0,
    introducers: 0,
    introduceAt: Infinity,
    introduceRound: 0,
  };
  return {
    self,
    config,
    table: emptyTable,
    suspects: nobody,
    calls: noCalls,
    operations: noOperations,
    store,
    writings: emptyPaged(),
    timing: unmeasured,
    upkeep,
    counter: 0,
    issued: 0,
    leaving: false,
    wakeAt: Math.max(moment.now + 1, Math.min(upkeep.checkAt, upkeep.refreshAt, store.dueAt)),
  };
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
    calls: state.calls,
    operations: state.operations,
    store: state.store,
    writings: state.writings,
    timing: state.timing,
    upkeep: state.upkeep,
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
    draft.calls === before.calls &&
    draft.operations === before.operations &&
    draft.store === before.store &&
    draft.writings === before.writings &&
    draft.timing === before.timing &&
    draft.upkeep === before.upkeep &&
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
    calls: draft.calls,
    operations: draft.operations,
    store: draft.store,
    writings: draft.writings,
    timing: draft.timing,
    upkeep: draft.upkeep,
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
  };
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

/** The earliest deadline, but never this very instant: what is left over waits a millisecond. */
function nextWake(draft: Draft): number {
  return Math.max(
    draft.now + 1,
    Math.min(draft.calls.dueAt, draft.operations.dueAt, draft.store.dueAt, upkeepAt(draft)),
  );
}

function upkeepAt(draft: Draft): number {
  const { upkeep, leaving } = draft;
  if (leaving) return Infinity;
  return Math.min(upkeep.checkAt, upkeep.refreshAt, upkeep.introduceAt);
}
