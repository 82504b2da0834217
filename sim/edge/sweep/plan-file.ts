/**
 * SWEEP.yaml: a question, settings that all cells share, a grid of settings and the seeds.
 *
 * Invariants: what is refused is told with file and line; what is not a key of a sweep is refused,
 * so a slip of the pen is not taken for a default. Which settings there are is not known here but
 * in the settings' own table.
 */

import { basename, dirname, extname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { readScenario } from '../scenario.ts';
import { meant, SettingsFault, tell, type Path } from '../settings/fault.ts';
import type { Layer } from '../settings/settings.ts';
import { readYamlFile } from '../yaml-file.ts';
import type { Seed } from './cell.ts';
import type { Axis } from './folder.ts';

export interface PlanFile {
  readonly path: string;
  /** Where relative paths in it begin. */
  readonly dir: string;
  readonly name: string;
  readonly question: string | undefined;
  /** What all cells share: a scenario, if one is named, and `base` over it. */
  readonly below: readonly Layer[];
  readonly axes: readonly Axis[];
  readonly seeds: readonly Seed[];
  /** A snapshot from which all cells are forked. */
  readonly from: string | undefined;
  /** Whether cells that warm up alike are forked from one warm-up. */
  readonly warmOnce: boolean;
  /** Where a part of it stands, as in ` in x.yaml line 7`. */
  readonly place: (part: Path) => string;
}

/** @throws SettingsFault when the file is no sweep; its settings are checked when cells are made */
export async function readPlanFile(path: string): Promise<PlanFile> {
  const { value, place } = await readYamlFile(path, 'the sweep');
  const checked = schema.safeParse(value);
  if (!checked.success) throw new SettingsFault([faultOf(checked.error, place)]);
  const { name, question, base: given, scenario, grid: axes, seeds, from, warm } = checked.data;
  if (from !== undefined && warm !== undefined) {
    const advice = 'a snapshot is warm already: give from or warm, not both';
    throw new SettingsFault([tell({ path: ['warm'], subject: 'warm', advice }, place(['warm']))]);
  }
  const dir = dirname(path);
  const above: Layer = { given, baseDir: dir, place: (part) => place(['base', ...part]) };
  const at = (file: string): string => (isAbsolute(file) ? file : join(dir, file));
  const told = scenario === undefined ? undefined : await readScenario(at(scenario));
  return {
    path,
    dir,
    name: name ?? basename(path, extname(path)),
    question: question ?? told?.question,
    below: told === undefined ? [above] : [withoutSeed(told.layer), above],
    axes: Object.entries(axes).map(([key, values]) => ({ key, values })),
    seeds: typeof seeds === 'number' ? upTo(seeds) : [...new Set(seeds)],
    from: from === undefined ? undefined : at(from),
    warmOnce: warm !== undefined,
    place,
  };
}

const AXES_MAX = 8;
const SEEDS_MAX = 10_000;

const SEEDS = `write a list, as in [1, 2, 3], or how many; at most ${SEEDS_MAX}`;

const seedCount = z.int().min(1, { error: SEEDS }).max(SEEDS_MAX, { error: SEEDS });

function settings(what: string) {
  const key = z.string().refine((name) => name !== 'seed', {
    error: `seeds stand under "seeds", not in ${what}`,
  });
  const hint = `${what} holds settings, one per line, as in "nodes: 1000"`;
  return { key, hint };
}

const base = settings('base');
const grid = settings('grid');

const schema = z.strictObject(
  {
    name: z.string({ error: 'write a name' }).min(1).max(200).optional(),
    question: z.string({ error: 'write a sentence' }).max(10_000).optional(),
    scenario: z.string({ error: 'name a scenario file' }).min(1).optional(),
    from: z.string({ error: 'name a snapshot' }).min(1).optional(),
    warm: z.literal('once', { error: 'write once, or leave it out' }).optional(),
    base: z.record(base.key, z.unknown(), { error: base.hint }).default({}),
    grid: z
      .record(
        grid.key,
        z.array(z.unknown(), { error: 'write a list, as in [8, 20]' }).min(1, 'the list is empty'),
        { error: 'grid holds lists of values, as in "k: [8, 20]"' },
      )
      .refine((axes) => Object.keys(axes).length <= AXES_MAX, `at most ${AXES_MAX} settings`)
      .default({}),
    seeds: z
      .union([seedCount, z.array(z.union([z.int(), z.string().min(1)])).min(1)], { error: SEEDS })
      .refine((seeds) => typeof seeds === 'number' || seeds.length <= SEEDS_MAX, { error: SEEDS })
      .default([1]),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'the file holds no sweep' : undefined) },
);

/** The sweep's seeds stand above that of its scenario. */
function withoutSeed(layer: Layer): Layer {
  const { seed: _seed, ...given } = layer.given;
  return { ...layer, given };
}

function faultOf(error: z.ZodError, place: PlanFile['place']): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'this is not a sweep';
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = Object.keys(schema.shape);
    const near = meant(key, known);
    const advice =
      near === undefined
        ? `a sweep has ${known.join(', ')}; settings stand under base or grid`
        : `did you mean ${near}?`;
    return tell({ path, subject: `unknown key '${key}'`, advice }, place([...path, key]));
  }
  const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  const subject = path.length === 0 ? 'the sweep' : path.slice(0, 2).join('.');
  return tell({ path, subject, advice: inner ?? issue.message }, place(path));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
