/**
 * A simulation as a value that can be saved, gone on with, and forked. Gone on with the options it
 * was made with, a run ends as if it had never stopped. With other options it is a fork: the
 * network as it stands, measured anew under other conditions from there on.
 */

import { Reader, Writer } from '../../host/serial/words.ts';
import type { SimOptions } from '../options.ts';
import { canonical, canonicalOptions } from '../result/canonical.ts';
import { digestOf } from '../result/digest.ts';
import { Slab } from '../run/converged.ts';
import type { Run } from '../run/run.ts';
import { summed } from '../run/sampler.ts';
import type { Task } from '../task.ts';
import { readCommon, writeCommon, type Scheduled } from './common.ts';
import { addSums, readOwn, writeOwn } from './own.ts';

/** Where a run began, when it did not begin from nothing. */
export interface Snapshot {
  /** What the run was asked for that was saved. */
  readonly options: SimOptions;
  /** Digest of that run up to the instant, and the instant. */
  readonly digest: string;
  readonly atUs: number;
  /** The same instant in ms after the end of the warm-up. */
  readonly afterMs: number;
  readonly common: Int32Array;
  /** One section of each part that it was made with. */
  readonly parts: readonly Int32Array[];
}

/** What a part hands in of itself. */
export interface Section {
  readonly common: Int32Array;
  readonly own: Int32Array;
  readonly folds: Int32Array;
  readonly atUs: number;
  readonly afterMs: number;
}

/** @param hash SHA-256 */
export function snapshotOf(
  options: SimOptions,
  sections: readonly Section[],
  hash: (bytes: Uint8Array) => Uint8Array,
): Snapshot {
  const [first] = sections;
  if (first === undefined) throw new Error('broken invariant: a simulation has a part');
  const { common, atUs, afterMs } = first;
  const digest = digestOf(options, sections, undefined, hash);
  return { options, digest, atUs, afterMs, common, parts: sections.map(({ own }) => own) };
}

export function sectionOf(run: Run): Section {
  const common = new Writer();
  const own = new Writer();
  if (run.world.population.part.index === 0) writeCommon(common, run);
  writeOwn(own, run);
  const { population } = run.world;
  const folds = population.folds();
  return { common: common.copy(), own: own.copy(), folds, ...instantOf(run) };
}

function instantOf({ turnedAt, measureFrom }: Run): { atUs: number; afterMs: number } {
  return { atUs: turnedAt, afterMs: (turnedAt - measureFrom) / 1000 };
}

/** Settings that a network has grown up with: a fork cannot have others. */
const FIXED = ['nodes', 'k', 'tables', 'voters', 'warmupMs', 'wire'] as const;

/** What keeps a snapshot from being gone on with under other options; one line each. */
export function forkFaults(
  snapshot: Pick<Snapshot, 'options'>,
  options: SimOptions,
): readonly string[] {
  return FIXED.filter((name) => snapshot.options[name] !== options[name]).map((name) => {
    const flag = name === 'warmupMs' ? 'warmup' : name;
    const [had, has] = [String(snapshot.options[name]), String(options[name])];
    return `--${flag} ${has}: the snapshot was made with ${had}, which a fork cannot change`;
  });
}

export function isFork(snapshot: Snapshot, options: SimOptions): boolean {
  return canonicalOptions(snapshot.options) !== canonicalOptions(options);
}

/**
 * Puts a run that has not started where the snapshot was.
 *
 * @throws SerialFault when the words are damaged
 */
export function restore(run: Run, snapshot: Snapshot): void {
  const input = new Reader(snapshot.common);
  const tasks = readCommon(input, run);
  input.close();
  const slab = new Slab();
  const fork = isFork(snapshot, run.options);
  const sums = snapshot.parts.map((words) => {
    input.open(words);
    const part = readOwn(input, run, slab, fork);
    input.close();
    return part;
  });
  const { world } = run;
  world.now = run.turnedAt;
  world.network.now = run.turnedAt;
  world.measuredFrom = run.measureFrom;
  if (world.population.part.index === 0) for (const part of sums) addSums(run, part);
  const taken = summed(sums.map((part) => part.taken));
  run.recovery.restore(sums.map((part) => part.recovery));
  run.sampler.taken = world.population.part.index === 0 ? taken : blank(taken);
  const sameChurn = canonical(snapshot.options.churn) === canonical(run.options.churn);
  for (const { at, order, task } of fork ? staying(tasks, sameChurn) : tasks) {
    world.putBack(at, order, task);
  }
  if (fork) {
    if (!sameChurn) world.schedule(run.turnedAt, { type: 'churn' });
    run.measureAnew();
    run.oracle.restore(eligibleSince(run));
  }
  world.onRestored(fork);
}

/** In a fork other nodes may be hostile: who is eligible follows from whose join has settled. */
function eligibleSince({ world }: Run): number[] {
  const { population, roles } = world;
  return Array.from({ length: population.count }, (_, peer) => {
    const isSound = roles.isSound(population.slotOf(peer));
    return isSound && population.isOnline(peer) ? population.settledAt(peer) : Infinity;
  });
}

/** Rows in which another part's sums are nought. */
function blank(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return summed([rows, ...[rows].map((part) => part.map((row) => row.map((value) => -value)))]);
}

/** Tasks that go on in a fork: who comes and goes, unless that changes too. */
function staying(tasks: readonly Scheduled[], sameChurn: boolean): readonly Scheduled[] {
  return tasks.filter(({ task }) => STAYS[task.type] === 'always' || (sameChurn && isChurn(task)));
}

function isChurn(task: Task): boolean {
  return STAYS[task.type] === 'churn';
}

const STAYS: Readonly<Record<Task['type'], 'always' | 'churn' | 'never'>> = {
  arrive: 'always',
  churn: 'churn',
  depart: 'churn',
  farewell: 'churn',
  return: 'churn',
  look: 'never',
  measure: 'never',
  item: 'never',
  retry: 'never',
  fault: 'never',
  heal: 'never',
};
