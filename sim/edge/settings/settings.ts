/**
 * Settings as they were given, made into the options of a simulation. Settings come in layers, such
 * as a scenario and the flags beside it; a later layer wins. Files are named relative to the folder
 * of the layer that names them and recorded relative to the working directory.
 *
 * Rules: faults are collected and thrown together, each a line that says what to do; what is given
 * and changes nothing is told as a note, not refused.
 */

import type { Materials } from '../../materials.ts';
import { optionFaults } from '../../option-faults.ts';
import { defaultOptions, type SimOptions } from '../../options.ts';
import { MaterialFault, readMaterials } from '../materials.ts';
import { SettingsFault } from './fault.ts';
import { onTop, readLayer, tellIn, type Given, type Layer, type ReadLayer } from './layer.ts';
import { faultOf } from './schema.ts';
import { notesOn, workOf } from './work.ts';

export type { Given, Layer };

export interface Resolved {
  readonly options: SimOptions;
  readonly materials: Materials;
  /** Given settings that change nothing, one line each. */
  readonly notes: readonly string[];
}

/** @throws SettingsFault when the settings cannot be */
export async function resolveSettings(given: Given, baseDir: string): Promise<Resolved> {
  return resolveLayers([{ given, baseDir }]);
}

/**
 * @param readFiles handed in by who resolves many settings, to read each file once
 * @param base what is not given; the defaults where that says nothing
 * @throws SettingsFault when the settings cannot be, alone or together
 */
export async function resolveLayers(
  layers: readonly Layer[],
  readFiles: typeof readMaterials = readMaterials,
  base: Partial<SimOptions> = {},
): Promise<Resolved> {
  const read = layers.map(readLayer);
  refuse(read.flatMap(({ wrong }) => wrong));
  const { options, wrong } = combine(read, layers, base);
  const isGiven = (key: string): boolean => layers.some(({ given }) => key in given);
  const word = (key: string): string => {
    const from = layers.findLast(({ given }) => key in given) ?? layers.at(-1);
    return from?.word?.(key) ?? key;
  };
  refuse(wrong.length > 0 ? wrong : optionFaults(options, word));
  const gathered = await gather(options, readFiles);
  return { ...gathered, notes: notesOn(options, isGiven, word) };
}

function refuse(lines: readonly string[]): void {
  if (lines.length > 0) throw new SettingsFault(lines);
}

/** The layers on top of one another; a later list of workloads or faults replaces an earlier. */
function combine(
  read: readonly ReadLayer[],
  layers: readonly Layer[],
  below: Partial<SimOptions>,
): { readonly options: SimOptions; readonly wrong: readonly string[] } {
  const fields = { ...below, ...onTop(read.map((layer) => layer.fields)) };
  const working = read.findLastIndex(({ workloads }) => workloads !== undefined);
  const base = defaultOptions(fields);
  const made = (read[working]?.workloads ?? []).map((work, i) => workOf(work, i, base));
  const workloads = made.flatMap((work) => ('advice' in work ? [] : [work]));
  const from = layers[working];
  const wrong = made.flatMap((work) =>
    'advice' in work && from !== undefined ? [tellIn(from, work)] : [],
  );
  const plans = read.findLast((layer) => layer.plans !== undefined)?.plans;
  const further = {
    workloads: working < 0 ? (below.workloads ?? []) : workloads,
    faults: plans === undefined ? (below.faults ?? []) : plans.map(faultOf),
  };
  return { options: defaultOptions({ ...fields, ...further }), wrong };
}

async function gather(
  options: SimOptions,
  readFiles: typeof readMaterials,
): Promise<Omit<Resolved, 'notes'>> {
  try {
    const { latency, churn, materials } = await readFiles(options.latency, options.churn, '');
    return { options: { ...options, latency, churn }, materials };
  } catch (error) {
    if (error instanceof MaterialFault) throw new SettingsFault([error.message]);
    throw error;
  }
}
