/**
 * From a sweep's file to its cells: every combination of the grid's values with every seed, the
 * last axis running fastest and the seed faster still.
 *
 * Rules: a value with which no cell can be is a fault of the file and is told with its place;
 * settings that contradict one another only in some corners of the grid cost those cells and no
 * others. Two places of the grid may be the same cell, which then is run once. With `warm: once`
 * each seed warms up once for each combination of those axes that a fork cannot change; the other
 * axes take effect when the warm-up is over.
 */

import { forkFaults } from '../../snapshot/snapshot.ts';
import { readMaterials } from '../materials.ts';
import { SettingsFault, type Path } from '../settings/fault.ts';
import { resolveLayers, type Layer } from '../settings/settings.ts';
import { cellId, impossibleId } from './cell.ts';
import type { Cell, ImpossibleCell, Place, Start } from './cell.ts';
import { SweepFault, lineOf } from './fault.ts';
import type { Axis } from './folder.ts';
import type { PlanFile } from './plan-file.ts';
import { Warmups } from './warmups.ts';

export interface Plan {
  readonly name: string;
  readonly question: string | undefined;
  readonly axes: readonly Axis[];
  readonly seeds: PlanFile['seeds'];
  /** Given settings that change nothing in any cell, one line each. */
  readonly notes: readonly string[];
  /** In the order of the grid. */
  readonly cells: readonly (Cell | ImpossibleCell)[];
}

/**
 * @param warmups makes and keeps the snapshots that cells begin with; not used before they are run
 * @throws SweepFault when the file asks for what cannot be
 */
export async function planSweep(file: PlanFile, version: string, warmups: Warmups): Promise<Plan> {
  const { name, question, axes, seeds } = file;
  const count = axes.reduce((product, { values }) => product * values.length, seeds.length);
  if (count > CELLS_MAX) {
    throw new SweepFault(`${file.path} asks for ${count} cells: at most ${CELLS_MAX} are run`);
  }
  const start = file.from === undefined ? undefined : await warmups.fromFile(file.from);
  const planner: Planner = { file, version, warmups, start, read: readOnce() };
  const spots: Spot[] = [];
  for (const picks of picksOf(file)) spots.push({ picks, ...(await cellAt(picks, planner)) });
  refuseWhatNeverIs(spots, file);
  const cells = spots.map(({ cell }) => cell);
  return { name, question, axes, seeds, notes: notesOfAll(spots), cells };
}

const CELLS_MAX = 100_000;

/** A place of the grid: which value of each axis, then which seed. */
type Picks = readonly number[];

interface Planner {
  readonly file: PlanFile;
  readonly version: string;
  readonly warmups: Warmups;
  /** Of all cells. */
  readonly start: Start | undefined;
  readonly read: typeof readMaterials;
}

interface Made {
  readonly cell: Cell | ImpossibleCell;
  readonly notes: readonly string[];
}

interface Spot extends Made {
  readonly picks: Picks;
}

function picksOf({ axes, seeds }: PlanFile): Picks[] {
  let all: Picks[] = [[]];
  for (const length of [...axes.map(({ values }) => values.length), seeds.length]) {
    const indexes = Array.from({ length }, (_, index) => index);
    all = all.flatMap((picks) => indexes.map((index) => [...picks, index]));
  }
  return all;
}

function placeAt({ axes, seeds }: PlanFile, picks: Picks): Place {
  const values: Record<string, unknown> = {};
  for (const [axis, { key, values: list }] of axes.entries()) values[key] = list[picks[axis] ?? 0];
  return { values, seed: seeds[picks[axes.length] ?? 0] ?? 1 };
}

function gridLayer(file: PlanFile, { values, seed }: Place, picks: Picks): Layer {
  const where = ([key, ...rest]: Path): Path => {
    if (key === 'seed') return ['seeds'];
    const axis = file.axes.findIndex((one) => one.key === key);
    return ['grid', key ?? '', picks[axis] ?? 0, ...rest];
  };
  const place = (path: Path): string => file.place(where(path));
  return { given: { ...values, seed }, baseDir: file.dir, place };
}

async function cellAt(picks: Picks, planner: Planner): Promise<Made> {
  const { file, version, read } = planner;
  const place = placeAt(file, picks);
  const layer = gridLayer(file, place, picks);
  const layers = [...file.below, layer];
  try {
    const before = planner.start ?? (file.warmOnce ? await warmUpOf(layer, planner) : undefined);
    const { notes, ...resolved } = await resolveLayers(layers, read, planner.start?.options);
    const options = { ...resolved.options, workers: 1 };
    const faults = before === undefined ? [] : forkFaults(before, options);
    if (faults.length > 0) throw new SettingsFault(faults);
    const id = cellId(options, version, before);
    return { cell: { ...place, id, options, materials: resolved.materials, start: before }, notes };
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    const given: unknown = layers.map((one) => one.given);
    const id = impossibleId(given, version);
    return { cell: { ...place, id, fault: lineOf(error) }, notes: [] };
  }
}

/** The settings of this place that a fork cannot change, over what all cells share. */
async function warmUpOf(layer: Layer, { file, warmups, read }: Planner): Promise<Start> {
  const given = Object.entries(layer.given).filter(([key]) => WARM_KEYS.has(key));
  const layers = [...file.below, { ...layer, given: Object.fromEntries(given) }];
  const { options, materials } = await resolveLayers(layers, read);
  return warmups.after({ ...options, workers: 1 }, materials);
}

const WARM_KEYS: ReadonlySet<string> = new Set([
  'seed',
  'nodes',
  'k',
  'tables',
  'voters',
  'warmup',
  'phases',
  'wire',
]);

/** Cells that name the same files read them once and hold them once. */
function readOnce(): typeof readMaterials {
  const gathered = new Map<string, ReturnType<typeof readMaterials>>();
  return (latency, churn, baseDir) => {
    const files = JSON.stringify([latency, churn, baseDir]);
    const found = gathered.get(files) ?? readMaterials(latency, churn, baseDir);
    gathered.set(files, found);
    return found;
  };
}

function notesOfAll(spots: readonly Spot[]): string[] {
  const real = spots.filter(({ cell }) => !('fault' in cell));
  const first = real[0]?.notes ?? [];
  return first.filter((note) => real.every(({ notes }) => notes.includes(note)));
}

function refuseWhatNeverIs(spots: readonly Spot[], file: PlanFile): void {
  const all = faultOfAll(spots);
  if (all !== undefined) throw new SweepFault(placed(all, '', file));
  for (const [axis, { key, values }] of file.axes.entries()) {
    for (const [index, value] of values.entries()) {
      const fault = faultOfAll(spots.filter(({ picks }) => picks[axis] === index));
      if (fault === undefined) continue;
      const where = `${key}: ${wordFor(value)}${file.place(['grid', key, index])}`;
      throw new SweepFault(placed(fault, where, file));
    }
  }
}

/** The first fault when every one of these cells has one. */
function faultOfAll(spots: readonly Spot[]): string | undefined {
  const faults = spots.flatMap(({ cell }) => ('fault' in cell ? [cell.fault] : []));
  return faults.length === spots.length ? faults[0] : undefined;
}

/** A fault of one value says already where it is; one of several together does not. */
function placed(fault: string, where: string, { path }: PlanFile): string {
  if (fault.includes(` in ${path}`)) return fault;
  return where === '' ? `${path}: ${fault}` : `${where}: ${fault}`;
}

/** A value of the grid as one would write it. */
export function wordFor(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
