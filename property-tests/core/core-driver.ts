/**
 * A host for one node that trusts it with nothing: each step is made twice and compared, its
 * arguments are fingerprinted before and after, the invariants of the new state are checked, and
 * every effect is held against what went before: replies against requests, settlements against
 * commands, new and lost contacts against answers and silence.
 *
 * It throws at the first law that is broken (the laws of the step function).
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { checkNode, demandedWake } from '../../src/invariants/invariants.ts';
import { HANDOVER_MS_MAX, JOIN_MS_MAX, LEAVE_MS_MAX } from '../../src/limits.ts';
import { PUSHES_MAX, REPLICATION_MAX } from '../../src/limits.ts';
import { allItems } from '../../src/paged.ts';
import type { Command, Effect, Input, Outcome } from '../../src/step-types.ts';
import { create, step, type NodeState } from '../../src/step.ts';
import type { Config, Directory, Moment, OpId, Peer, RecordBody, Token } from '../../src/types.ts';

/** Wall clock at time 0. */
const WALL_MS = 1_700_000_000_000;

export class StrictNode {
  state: NodeState;
  now = 0;
  /** How far the wall clock was set on or back since. */
  wallShiftMs = 0;
  readonly directory: Directory;
  /** Requests for durability and signatures that were not answered yet. */
  readonly persists: Token[] = [];
  readonly signs: { readonly token: Token; readonly body: RecordBody }[] = [];
  /** How operations ended. */
  readonly outcomes = new Map<OpId, Outcome>();

  readonly #open = new Map<OpId, { readonly dueAt: number; lastAt: number }>();
  readonly #unanswered = new Map<string, number>();

  constructor(directory: Directory, config: Config) {
    this.directory = directory;
    const moment = { now: 0, wall: WALL_MS, entropy: 0 };
    this.state = create(0, config, moment, { records: [], peers: [] });
    assert.deepEqual(checkNode(this.state, directory), []);
  }

  get wall(): number {
    return WALL_MS + this.now + this.wallShiftMs;
  }

  get unsettled(): number {
    return this.#open.size;
  }

  /** Gives a command under a number of its own. */
  command(op: OpId, command: Command, entropy = 0): readonly Effect[] {
    const limitMs = limitOf(command, this.state.config);
    this.#open.set(op, { dueAt: this.now + limitMs, lastAt: Infinity });
    return this.step({ type: 'command', op, command }, entropy);
  }

  /** One input, now, under all laws. */
  step(input: Input, entropy = 0): readonly Effect[] {
    const before = this.state;
    const moment: Moment = { now: this.now, wall: this.wall, entropy };
    const words = [before, moment, input, this.directory.words] as const;
    const print = fingerprint(words);
    const next = step(before, moment, input, this.directory);
    assert.equal(fingerprint(words), print, 'a step changes none of its arguments');
    const again = step(before, moment, input, this.directory);
    assert.ok(isDeepStrictEqual(again, next), 'the same step gives the same result');
    this.#checkState(before, next.state);
    this.#checkEffects(before, input, next.effects);
    this.state = next.state;
    this.#keepBooks(input, next.effects);
    return next.effects;
  }

  /** Lets time pass, waking the node whenever it wants to be woken, for so long. */
  pass(ms: number): void {
    const until = this.now + ms;
    while (this.state.wakeAt <= until) {
      this.now = Math.max(this.now, this.state.wakeAt);
      this.step({ type: 'wake' }, this.now);
    }
    this.now = until;
  }

  #checkState(before: NodeState, after: NodeState): void {
    if (after === before) return;
    assert.ok(!isDeepStrictEqual(after, before), 'a step that changes nothing keeps the state');
    assert.ok(after.wakeAt > this.now, 'wakeAt lies in the future');
    assert.equal(after.wakeAt, Math.max(this.now + 1, demandedWake(after)), 'wakeAt is exact');
    assert.deepEqual(checkNode(after, this.directory), []);
  }

  #checkEffects(before: NodeState, input: Input, effects: readonly Effect[]): void {
    const { alpha } = before.config;
    const busy = before.calls.size + before.operations.size + before.writings.size;
    // Rounds and republications that fall due at once; replicas sent and given up, with notes.
    const due = before.fellows.size + before.published.size * alpha;
    const moved = 2 * (PUSHES_MAX + before.store.size);
    const most = 16 + (busy + 1) * (alpha + REPLICATION_MAX + 4) + due + moved;
    assert.ok(effects.length <= most, `${effects.length} effects of one step`);
    const answered = answererOf(before, input, effects);
    const silent = silentIn(effects);
    for (const effect of effects) {
      if (effect.type === 'send') assert.notEqual(effect.to, 0, 'nothing is sent to oneself');
      if (effect.type !== 'note') continue;
      const { note } = effect;
      if (note.type === 'contact-added') {
        assert.equal(note.peer, answered, 'a contact answered a call of ours');
      } else if (note.type === 'contact-evicted') {
        const gone = note.peer === leaverOf(before, input, effects) || silent.has(note.peer);
        assert.ok(gone, 'a contact goes only by farewell or silence');
      }
    }
  }

  #keepBooks(input: Input, effects: readonly Effect[]): void {
    if (input.type === 'message' && input.message.type === 'request') {
      count(this.#unanswered, `${input.from}/${input.message.call}`, 1);
    }
    for (const effect of effects) {
      if (effect.type === 'persist') this.persists.push(effect.token);
      if (effect.type === 'sign') this.signs.push({ token: effect.token, body: effect.body });
      if (effect.type === 'settle') {
        assert.ok(this.#open.delete(effect.op), `operation ${effect.op} settles once`);
        this.outcomes.set(effect.op, effect.outcome);
      }
      if (effect.type === 'send' && effect.message.type === 'reply') {
        const left = count(this.#unanswered, `${effect.to}/${effect.message.call}`, -1);
        assert.ok(left >= 0, 'a request gets one reply at most');
      }
    }
    // What falls due at an instant may need the next step, a millisecond later, to be told.
    for (const [op, open] of this.#open) {
      assert.ok(this.now <= open.lastAt, `operation ${op} settles within its time`);
      if (this.now >= open.dueAt) open.lastAt = Math.min(open.lastAt, this.now);
    }
  }
}

/** Who proved to be there by this input, if anybody; the call may have been made in this step. */
function answererOf(state: NodeState, input: Input, effects: readonly Effect[]): Peer | undefined {
  if (input.type !== 'message' || input.message.type !== 'reply') return undefined;
  const { from } = input;
  const { call } = input.message;
  const isOpen = allItems(state.calls).some((each) => each.call === call && each.peer === from);
  const isNew = effects.some(
    (effect) =>
      effect.type === 'send' &&
      effect.to === from &&
      effect.message.type === 'request' &&
      effect.message.call === call,
  );
  return isOpen || isNew ? from : undefined;
}

/** Who said by this input that it leaves. */
function leaverOf(state: NodeState, input: Input, effects: readonly Effect[]): Peer | undefined {
  if (input.type !== 'message') return undefined;
  const { message, from } = input;
  if (message.type === 'request') return message.body.type === 'leave' ? from : undefined;
  const refused = message.body.type === 'refused' && message.body.reason === 'leaving';
  return refused ? answererOf(state, input, effects) : undefined;
}

function silentIn(effects: readonly Effect[]): Set<Peer> {
  const silent = new Set<Peer>();
  for (const effect of effects) {
    if (effect.type !== 'note' || effect.note.type !== 'call-expired') continue;
    silent.add(effect.note.peer);
  }
  return silent;
}

function limitOf(command: Command, config: Config): number {
  if (command.type === 'join') return JOIN_MS_MAX;
  return command.type === 'leave' ? HANDOVER_MS_MAX + LEAVE_MS_MAX : config.operationMs;
}

function count(map: Map<string, number>, name: string, change: number): number {
  const now = (map.get(name) ?? 0) + change;
  map.set(name, now);
  return now;
}

/** A hash of a value by its structure, typed arrays included. */
export function fingerprint(value: unknown): number {
  let hash = 0x811c9dc5;
  const fold = (word: number): void => {
    hash = Math.imul(hash ^ (word | 0), 0x01000193) ^ (hash >>> 15);
  };
  const text = (word: string): void => {
    for (let i = 0; i < word.length; i++) fold(word.charCodeAt(i));
  };
  const visit = (item: unknown): void => {
    if (typeof item === 'number') {
      fold(item);
      if ((item | 0) !== item) text(String(item));
    } else if (item instanceof Int32Array) {
      for (const word of item) fold(word);
    } else if (Array.isArray(item)) {
      fold(item.length);
      item.forEach(visit);
    } else if (typeof item === 'object' && item !== null) {
      for (const [name, field] of Object.entries(item)) {
        text(name);
        visit(field);
      }
    } else {
      text(String(item));
    }
  };
  visit(value);
  return hash;
}
