// The examples in scenarios/ can all be run, and editors get the schema by which they are checked.
//
// To write the schemas anew:
// `ORRERY_REWRITE=1 npx ava dist/property-tests/sim/scenario-examples.test.js`.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { format } from 'prettier';
import { parse } from 'yaml';
import { z } from 'zod';
import { readScenario } from '../../sim/edge/scenario.ts';
import { scenarioJsonSchema, sweepJsonSchema } from '../../sim/edge/settings/schema.ts';
import { resolveLayers } from '../../sim/edge/settings/settings.ts';
import { SETTINGS } from '../../sim/edge/settings/table.ts';
import { readPlanFile } from '../../sim/edge/sweep/plan-file.ts';
import { planSweep } from '../../sim/edge/sweep/plan.ts';
import { Warmups } from '../../sim/edge/sweep/warmups.ts';

const SCENARIOS = fileURLToPath(new URL('../../../scenarios/', import.meta.url));
const SWEEPS = join(SCENARIOS, 'sweeps');

async function yamlIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith('.yaml')).map((name) => join(folder, name));
}

async function valueOf(path: string): Promise<unknown> {
  return parse(await readFile(path, 'utf8'));
}

test('every example says its name and question and can be run', async (t) => {
  const examples = await yamlIn(SCENARIOS);
  t.true(examples.length >= 6);
  for (const path of examples) {
    const text = await readFile(path, 'utf8');
    t.true(text.startsWith('# yaml-language-server: $schema=./schema.json\n#\n# '), path);
    const { name, question, layer } = await readScenario(path);
    t.is(basename(path), `${name}.yaml`);
    t.true(question !== undefined && text.includes(`question: ${question}`), path);
    t.deepEqual((await resolveLayers([layer])).notes, [], path);
  }
});

test('every example of a sweep has only cells that can be run', async (t) => {
  const examples = await yamlIn(SWEEPS);
  t.true(examples.length >= 3);
  for (const path of examples) {
    const file = await readPlanFile(path);
    t.is(basename(path), `${file.name}.yaml`);
    t.not(file.question, undefined, path);
    const { cells } = await planSweep(file, '1', new Warmups(path, '1', 1));
    t.deepEqual(
      cells.filter((cell) => 'fault' in cell),
      [],
      path,
    );
  }
});

test('the schemas for editors are those that are checked', async (t) => {
  const shipped = [
    [join(SCENARIOS, 'schema.json'), scenarioJsonSchema()],
    [join(SWEEPS, 'schema.json'), sweepJsonSchema()],
  ] as const;
  for (const [path, schema] of shipped) {
    const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 100 });
    if (process.env['ORRERY_REWRITE'] === '1') await writeFile(path, text);
    t.is(await readFile(path, 'utf8'), text, `${path}: rewrite it as the head of this test says`);
  }
});

test('what the schemas accept is what is accepted', async (t) => {
  const asShipped = async (folder: string): Promise<z.ZodType> => {
    const schema: unknown = JSON.parse(await readFile(join(folder, 'schema.json'), 'utf8'));
    return z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
  };
  const scenario = await asShipped(SCENARIOS);
  const sweep = await asShipped(SWEEPS);
  for (const path of await yamlIn(SCENARIOS))
    t.true(scenario.safeParse(await valueOf(path)).success);
  for (const path of await yamlIn(SWEEPS)) t.true(sweep.safeParse(await valueOf(path)).success);
  for (const text of [
    'faults: [{ type: loss, at: 1m, for: 90s, share: 5% }]',
    'faults: [{ type: mass-failure, at: 0, share: 0.5, return: never }]',
    'workloads: [{ kind: put, rate: 5/m, over: 1h }]',
    'seed: a word',
    'timeout: 1500',
  ]) {
    t.true(scenario.safeParse(parse(text)).success, text);
  }
  for (const text of ['lokups: 5', 'k: 0', 'loss: 2', 'duration: 10', 'links: hot', 'phases: 5m']) {
    t.false(scenario.safeParse(parse(text)).success, text);
  }
});

test('the schema has every key, with help, and refuses others', (t) => {
  const schema = scenarioJsonSchema() as {
    readonly properties: Readonly<Record<string, { readonly description?: string }>>;
    readonly additionalProperties: boolean;
    readonly required?: readonly string[];
  };
  const others = ['name', 'question', 'out', 'json', 'phases', 'workloads', 'faults'];
  const keys = [...SETTINGS.map(({ key }) => key), ...others];
  t.deepEqual(Object.keys(schema.properties).sort(), keys.sort());
  t.false(schema.additionalProperties);
  t.is(schema.required, undefined);
  for (const { key, help } of SETTINGS) {
    t.true(schema.properties[key]?.description?.startsWith(help) === true, key);
  }
});
