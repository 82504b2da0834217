/**
 * The schema of settings as scenarios write them, made from the table: every key of the table, and
 * the parts with a structure of their own (phases, workloads, faults). One zod schema checks what
 * was written, turns it into options and yields the JSON Schema for editors.
 *
 * Invariant: a scalar is checked by the reader of its kind alone, so that a flag and a key are told
 * off in the same words.
 */

import { z } from 'zod';
import type { FaultSpec } from '../../options.ts';
import { good, type Parsed } from '../../specs.ts';
import { LIFE, choice, duration, number, RATE, SHARE, whole, type Kind } from './kinds.ts';
import { SETTINGS, textOf, type GivenOptions } from './table.ts';

const COUNT_MAX = 1_000_000_000;
const NODES_MAX = 1_000_000;
const LIST_MAX = 1000;

const FAULT_TYPES = ['mass-failure', 'partition', 'join-storm', 'loss', 'leader-crash'] as const;

const at = need(duration(), 'when, counted from the end of the warm-up');
const lasts = need(duration(1), 'for how long');
const share = SHARE;

const faultSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal(FAULT_TYPES[0]),
      at,
      share: need(share, 'of the online nodes; they vanish at once'),
      return: may(orNever(), 'after how long they come back; never, unless given'),
      introducers: may(choice('dead', 'return'), 'dead: all of them go, and never come back'),
    }),
    z.strictObject({
      type: z.literal(FAULT_TYPES[1]),
      at,
      for: lasts,
      share: need(share, 'of the nodes in the smaller of the two camps, at most 0.5'),
    }),
    z.strictObject({
      type: z.literal(FAULT_TYPES[2]),
      at,
      over: need(duration(), 'the new nodes come evenly spread over so long'),
      nodes: need(whole(1, NODES_MAX), 'how many join, on top of the setting nodes'),
    }),
    z.strictObject({
      type: z.literal(FAULT_TYPES[3]),
      at,
      for: lasts,
      share: need(share, 'of calls that are lost meanwhile'),
    }),
    z.strictObject({
      type: z.literal(FAULT_TYPES[4]),
      at,
      return: may(orNever(), 'after how long it comes back; never, unless given'),
    }),
  ])
  .describe('Something that goes wrong at a time.');

export type FaultGiven = z.output<typeof faultSchema>;

const workloadSchema = z
  .strictObject({
    kind: need(choice('lookup', 'put', 'get'), 'what is asked'),
    count: may(whole(1, COUNT_MAX), 'how many; or give a rate'),
    rate: may(RATE, 'how many per second, minute or hour; or give a count'),
    from: may(duration(), 'when it begins, counted from the end of the warm-up (default: 0s)'),
    over: may(duration(1), 'spread evenly over so long (default: the rest of the time)'),
    targets: may(choice('random', 'nodes'), 'of lookups (default: the setting targets)'),
    zipf: may(number('<s>', 0, 10), 'of GETs (default: the setting zipf)'),
    ttl: may(LIFE, 'of PUTs, life of the values (default: the setting ttl)'),
  })
  .describe('Lookups, PUTs or GETs beside those of the settings lookups, puts and gets.');

export type WorkloadGiven = z.output<typeof workloadSchema>;

const phasesSchema = z
  .strictObject({
    warmup: may(duration(), 'before measuring; the same as the setting warmup'),
    measure: may(duration(), 'measured; the same as the setting duration'),
  })
  .describe('The parts of the run, in their order.');

/** Each key of the table; a value becomes the options that it stands for. */
const settingsShape: Readonly<Record<string, z.ZodType<GivenOptions | undefined>>> =
  Object.fromEntries(
    SETTINGS.map(({ key, help, fallback, schema, read }) => [
      key,
      scalar(read, { ...schema, description: `${help} (default: ${fallback})` }).optional(),
    ]),
  );

/** What is not a single value. */
const structuredShape = {
  phases: phasesSchema.optional(),
  workloads: z.array(workloadSchema).max(LIST_MAX).optional(),
  faults: z.array(faultSchema).max(LIST_MAX).optional(),
};

export const settingsSchema = z.strictObject({ ...settingsShape, ...structuredShape });
export const structuredSchema = z.object(structuredShape);

const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(100).optional().describe('A short name, for reports.'),
  question: z.string().min(1).max(1000).optional().describe('What the run answers.'),
  out: z
    .string()
    .min(1)
    .optional()
    .describe('Folder for result and report, seen from the folder of this file.'),
  json: z.boolean().optional().describe('Whether result.json alone goes to standard output.'),
  ...settingsShape,
  ...structuredShape,
});

/** Keys that a scenario has beside its settings. */
export const aboutSchema = scenarioSchema.pick({
  name: true,
  question: true,
  out: true,
  json: true,
});

/** For editors; shipped as scenarios/schema.json. */
export function scenarioJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(scenarioSchema, { io: 'input' }),
    title: 'A scenario of orrery sim',
  };
}

/** For editors; shipped as scenarios/sweeps/schema.json. What a sweep reads of it is its own. */
export function sweepJsonSchema(): Readonly<Record<string, unknown>> {
  const { seed: _, ...keys } = settingsShape;
  const lists = Object.entries(keys).map(([key, one]) => [key, z.array(one).min(1).optional()]);
  const sweep = z.strictObject({
    name: scenarioSchema.shape.name,
    question: scenarioSchema.shape.question,
    scenario: z.string().optional().describe('A scenario file whose settings come before base.'),
    from: z.string().optional().describe('A snapshot of orrery sim: every cell is forked from it.'),
    warm: z
      .literal('once')
      .optional()
      .describe('Cells that differ only in what a fork may change are forked from one warm-up.'),
    base: z
      .strictObject({ ...keys, ...structuredShape })
      .optional()
      .describe('Settings of all cells.'),
    grid: z
      .strictObject(Object.fromEntries(lists) as Record<string, z.ZodType>)
      .describe('A list of values for each setting that varies: every combination is a cell.'),
    seeds: z
      .union([z.int().min(1), z.array(z.union([z.int(), z.string()])).min(1)])
      .optional()
      .describe('A list of seeds, or how many; every cell is run once with each.'),
  });
  return { ...z.toJSONSchema(sweep, { io: 'input' }), title: 'A sweep of orrery' };
}

/** The keys that are known at a place, to suggest the one that was meant. */
export function knownKeys(path: readonly PropertyKey[], type: unknown): readonly string[] {
  if (path[0] === 'phases') return Object.keys(phasesSchema.shape);
  if (path[0] === 'workloads') return Object.keys(workloadSchema.shape);
  if (path[0] === 'faults') {
    const option = faultSchema.options.find(({ shape }) => shape.type.value === type);
    return Object.keys(option?.shape ?? {});
  }
  return Object.keys(scenarioSchema.shape);
}

export function faultOf(given: FaultGiven): FaultSpec {
  const { at: atMs } = given;
  switch (given.type) {
    case 'leader-crash':
      return { type: given.type, atMs, returnMs: given.return ?? null };
    case 'mass-failure': {
      const { type, share, return: returnMs = null, introducers } = given;
      return { type, atMs, share, returnMs, ...(introducers === 'dead' ? { introducers } : {}) };
    }
    case 'join-storm':
      return { type: given.type, atMs, overMs: given.over, nodes: given.nodes };
    case 'partition':
    case 'loss':
      return { type: given.type, atMs, forMs: given.for, share: given.share };
  }
}

function orNever(): Kind<number | null> {
  const time = duration(1);
  return {
    ...time,
    schema: { anyOf: [time.schema, { const: 'never' }] },
    read: (text) => (text === 'never' ? good(null) : time.read(text)),
  };
}

function need<T>(kind: Kind<T>, description: string): z.ZodType<T> {
  return scalar(kind.read, { ...kind.schema, description });
}

function may<T>(kind: Kind<T>, description: string): z.ZodOptional<z.ZodType<T>> {
  return need(kind, description).optional();
}

function scalar<T>(
  read: (text: string) => Parsed<T>,
  schema: Readonly<Record<string, unknown>>,
): z.ZodType<T> {
  return z
    .unknown()
    .transform((value, context) => {
      const text = textOf(value);
      const parsed = text.ok ? read(text.value) : text;
      if (parsed.ok) return parsed.value;
      context.addIssue({ code: 'custom', message: parsed.fault });
      return z.NEVER;
    })
    .meta(schema);
}
