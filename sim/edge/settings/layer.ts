/**
 * One layer of settings (a scenario, the flags, a cell of a sweep), checked and read: the options
 * that it stands for and its structured parts, or what is wrong with it, one line per fault.
 */

import { isAbsolute, join } from 'node:path';
import type { z } from 'zod';
import { meant, subjectOf, tell, type Fault, type Path } from './fault.ts';
import { knownKeys, settingsSchema, structuredSchema } from './schema.ts';
import type { FaultGiven, WorkloadGiven } from './schema.ts';
import { readSetting, SETTINGS, type GivenOptions } from './table.ts';

/** Keys of the table and `phases`, `workloads`, `faults`, with values as in YAML. */
export type Given = Readonly<Record<string, unknown>>;

export interface Layer {
  readonly given: Given;
  /** Where relative paths begin. */
  readonly baseDir: string;
  /** What a setting is called here, such as `--k`; the key itself unless told. */
  readonly word?: (key: string) => string;
  /** As in ` in x.yaml line 7`; nothing unless told. */
  readonly place?: (path: Path) => string;
}

export interface ReadLayer {
  readonly fields: GivenOptions;
  /** Undefined when the layer says nothing about them. */
  readonly workloads: readonly WorkloadGiven[] | undefined;
  readonly plans: readonly FaultGiven[] | undefined;
  readonly wrong: readonly string[];
}

export function readLayer(layer: Layer): ReadLayer {
  const { given } = layer;
  const checked = settingsSchema.safeParse(given);
  if (!checked.success) {
    const wrong = checked.error.issues.flatMap((issue) => faultsOf(issue, given));
    const lines = wrong.map((fault) => tellIn(layer, fault));
    return { fields: {}, workloads: undefined, plans: undefined, wrong: lines };
  }
  const { phases, workloads, faults: plans } = structuredSchema.parse(given);
  const values = SETTINGS.map((setting): GivenOptions => {
    const read = setting.key in given ? readSetting(setting, given[setting.key]) : undefined;
    return read?.ok === true ? read.value : {};
  });
  const fields: GivenOptions = {
    ...(phases?.warmup === undefined ? {} : { warmupMs: phases.warmup }),
    ...(phases?.measure === undefined ? {} : { durationMs: phases.measure }),
    ...onTop(values),
  };
  const wrong = doubles(given, phases).map((fault) => tellIn(layer, fault));
  return { fields: rooted(fields, layer.baseDir), workloads, plans, wrong };
}

/** Options over one another; the last wins. */
export function onTop(layers: readonly GivenOptions[]): GivenOptions {
  return layers.reduce((below, layer) => ({ ...below, ...layer }), {});
}

export function tellIn({ place, word }: Layer, fault: Fault): string {
  const [key] = fault.path;
  // A flag is known by its own name; keys of structured parts have no flags.
  const named = word !== undefined && fault.path.length === 1 && fault.subject === key;
  return tell(named ? { ...fault, subject: word(key) } : fault, place?.(fault.path));
}

/** Settings that a phase gives too. */
function doubles(
  given: Given,
  phases: { readonly [phase in 'warmup' | 'measure']?: number | undefined } | undefined,
): Fault[] {
  const pairs = [
    ['warmup', phases?.warmup],
    ['duration', phases?.measure],
  ] as const;
  return pairs
    .filter(([key, phase]) => phase !== undefined && key in given)
    .map(([key]) => ({
      path: [key],
      subject: key,
      advice: 'is given under phases too: delete one of the two',
    }));
}

/** File names as seen from the working directory. */
function rooted(fields: GivenOptions, baseDir: string): GivenOptions {
  const { latency, churn } = fields;
  return {
    ...fields,
    ...(latency?.type === 'matrix' ? { latency: { ...latency, file: at(latency.file) } } : {}),
    ...(churn?.type === 'cdf' || churn?.type === 'survival'
      ? { churn: { ...churn, file: at(churn.file) } }
      : {}),
  };

  function at(file: string): string {
    return isAbsolute(file) ? file : join(baseDir, file);
  }
}

type Issue = z.core.$ZodIssue;

function faultsOf(issue: Issue, given: Given): Fault[] {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, given));
  }
  const subject = subjectOf(path);
  if (issue.code === 'invalid_type')
    return [{ path, subject, advice: SHAPES[issue.expected] ?? issue.message }];
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const options = 'options' in issue ? issue.options : undefined;
    const known = Array.isArray(options) ? options.join(', ') : 'a known type';
    return [{ path, subject, advice: `is none of the known ones: write ${known}` }];
  }
  if (issue.code === 'too_big') {
    return [{ path, subject, advice: `has too many entries: write at most ${issue.maximum}` }];
  }
  return [{ path, subject, advice: issue.message }];
}

/** What stands where something else was found. */
const SHAPES: Readonly<Record<string, string>> = {
  array: 'write a list, each entry on a line of its own after a dash',
  object: 'write a group of keys, each with its value',
  string: 'write text',
};

/** Words that are known elsewhere. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['grid', 'belongs to a sweep: run the file with npx orrery sweep'],
  ['base', 'belongs to a sweep: run the file with npx orrery sweep'],
  ['seeds', 'belongs to a sweep: give one seed here'],
  ['out', 'is a flag of the command line only: give --out'],
  ['json', 'is a flag of the command line only: give --json'],
  ['from', 'is a flag of the command line only: give --from'],
  ['snapshot', 'is a flag of the command line only: give --snapshot'],
]);

function unknownKey(key: string, path: Path, given: Given): Fault {
  const list = given[String(path[0])];
  const entry: unknown = Array.isArray(list) && typeof path[1] === 'number' ? list[path[1]] : {};
  const type: unknown =
    typeof entry === 'object' && entry !== null && 'type' in entry ? entry.type : undefined;
  const known = knownKeys(path, type);
  const near = meant(key, known);
  const within = path.length === 0 ? '' : ` of ${subjectOf(path)}`;
  const fault = { path: [...path, key], subject: `unknown key '${key}'${within}` };
  const elsewhere = path.length === 0 ? ELSEWHERE.get(key) : undefined;
  if (elsewhere !== undefined) return { ...fault, subject: key, advice: elsewhere };
  if (near !== undefined) return { ...fault, advice: `did you mean ${near}?` };
  if (path.length === 0) return { ...fault, advice: 'npx orrery sim --help lists the settings' };
  return { ...fault, advice: `known here are ${known.join(', ')}` };
}
