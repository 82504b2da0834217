/**
 * From a sweep's file to its cells: every combination of the grid's values with every seed, the
 * last axis running fastest and the seed faster still.
 *
 * Rules: a value with which no cell can be is a fault of the file and is told with its place;
 * settings that contradict one another only in some corners of the grid cost those cells and no
 * others. Two places of the grid may be the same cell, which then is run once.
 */

import { readMaterials } from '../materials.ts';
import { SettingsFault, type Path } from '../settings-fault.ts';
import { resolveLayers, type Layer } from '../settings.ts';
import type { Cell, ImpossibleCell, Place } from './cell.ts';
import { cellId, impossibleId } from './cell.ts';
import { SweepFault, lineOf } from './fault.ts';
import type { Axis } from './folder.ts';
import type { PlanFile } from './plan-file.ts';

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

/** @throws SweepFault when the file asks for what cannot be */
export async function planSweep(file: PlanFile, version: string): Promise<Plan> {
  const { name, question, axes, seeds } = file;
  const count = axes.reduce((product, { values }) => product * values.length, seeds.length);
  if (count > CELLS_MAX) {
    throw new SweepFault(`${file.path} asks for ${count} cells: at most ${CELLS_MAX} are run`);
  }
  const read = readOnce();
  const spots: Spot[] = [];
  for (const picks of picksOf(file)) {
    const place = placeAt(file, picks);
    const layers = [...file.below, gridLayer(file, place, picks)];
    spots.push({ picks, ...(await cellAt(place, layers, version, read)) });
  }
  refuseWhatNeverIs(spots, file);
  const cells = spots.map(({ cell }) => cell);
  return { name, question, axes, seeds, notes: notesOfAll(spots), cells };
}

const CELLS_MAX = 100_000;

/** A place of the grid: which value of each axis, then which seed. */
type Picks = readonly number[];

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

async function cellAt(
  place: Place,
  layers: readonly Layer[],
  version: string,
  read: typeof readMaterials,
): Promise<Made> {
  try {
    const { notes, materials, options: resolved } = await resolveLayers(layers, read);
    const options = { ...resolved, workers: 1 };
    return { cell: { ...place, id: cellId(options, version), options, materials }, notes };
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    const given: unknown = layers.map((layer) => layer.given);
    const id = impossibleId(given, version);
    return { cell: { ...place, id, fault: lineOf(error) }, notes: [] };
  }
}

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
