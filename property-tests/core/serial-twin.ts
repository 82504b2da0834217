/**
 * Nodes beside which others walk that came back from words, under the laws of `core-driver.ts`:
 * one that was read just before each step, one that was read long ago. All must do the same, and
 * agree on whether anything changed.
 */
import assert from 'node:assert/strict';
import { allItems, emptyPaged } from '../../src/paged.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import { step, type NodeState } from '../../src/step.ts';
import type { Config, Directory, Moment } from '../../src/types.ts';
import { StrictNode } from './core-driver.ts';
import { roundTrip, stateForm } from './serial-kit.ts';

/** A node beside which walk two that came back from words: one before each step, one long ago. */
export class TwinNode extends StrictNode {
  readonly met = new Set<string>();
  readonly #fromStep: number;
  #steps = 0;
  #along: NodeState | undefined;

  constructor(directory: Directory, config: Config, fromStep: number) {
    super(directory, config);
    this.#fromStep = fromStep;
  }

  override step(input: Input, entropy = 0): readonly Effect[] {
    const before = this.state;
    const fresh = restored(before);
    assert.deepEqual(fresh, before);
    if (this.#steps++ === this.#fromStep) this.#along = fresh;
    const moment = { now: this.now, wall: this.wall, entropy };
    const effects = super.step(input, entropy);
    this.#compare(fresh, before, moment, input, effects);
    if (this.#along !== undefined) {
      this.#along = this.#compare(this.#along, before, moment, input, effects);
    }
    for (const name of contentsOf(this.state)) this.met.add(name);
    return effects;
  }

  #compare(
    twin: NodeState,
    before: NodeState,
    moment: Moment,
    input: Input,
    effects: readonly Effect[],
  ): NodeState {
    const next = step(twin, moment, input, this.directory);
    assert.deepEqual(next.effects, effects);
    assert.deepEqual(next.state, this.state);
    assert.equal(next.state === twin, this.state === before, 'changed or not, as the other');
    return next.state;
  }
}

export function restored(state: NodeState): NodeState {
  const back = roundTrip(stateForm(state.config), state);
  assert.equal(back.config, state.config);
  const none = emptyPaged();
  for (const part of PARTS) {
    assert.equal(back[part] === none, state[part].size === 0, `empty ${part} are the core's own`);
  }
  return back;
}

const PARTS = [...(['calls', 'operations', 'store', 'fellows', 'published', 'writings'] as const)];

/** What there is in a state, by names: to know that the tests met everything. */
function contentsOf(state: NodeState): readonly string[] {
  const names: string[] = allItems(state.operations).map(({ type }) => type);
  for (const { kind, late, known } of allItems(state.calls)) {
    names.push(`call ${kind}`, `late ${late}`, `known ${known}`);
  }
  for (const operation of allItems(state.operations)) {
    if (operation.type === 'get' && operation.met.length > 0) names.push('met');
    if (operation.type === 'store' && operation.record !== undefined) names.push('signed');
    if (operation.type === 'store' && operation.again.length > 0) names.push('again');
    if (operation.type === 'fetch' && operation.source !== undefined) names.push('source');
    if ('purpose' in operation) names.push(`to ${operation.purpose}`);
    if (operation.type === 'join' && operation.lookup === undefined) names.push('join waits');
  }
  if (state.suspects.length > 0) names.push('suspects');
  if (state.table.spares.length > 0) names.push('spares');
  if (allItems(state.store).some(({ replaced }) => replaced !== undefined)) names.push('replaced');
  if (allItems(state.writings).some(({ waiters }) => waiters.length > 1)) names.push('waiters');
  for (const { from, group, known } of allItems(state.store)) {
    names.push(from === undefined ? 'own record' : 'from a peer');
    if (group.length > 0) names.push('group');
    if (known !== 0) names.push('known');
  }
  for (const { missed, emptySince, shunnedUntil } of allItems(state.fellows)) {
    names.push('fellow');
    if (missed) names.push('missed');
    if (emptySince > 0) names.push('emptySince');
    if (shunnedUntil > 0) names.push('shunned');
  }
  if (state.published.size > 0) names.push('published');
  if (allItems(state.calls).some(({ round }) => round !== undefined)) names.push('round');
  if (state.upkeep.regroupAt < Infinity) names.push('regroup');
  if (state.leaving) names.push('leaving');
  return names;
}
