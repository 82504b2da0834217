/**
 * Which lookups a page carries, and settings written back into words.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { sampleLookups } from '../../sim/edge/report/lookup-sample.ts';
import { LookupTable } from '../../sim/edge/report/lookup-table.ts';
import { scenarioFor } from '../../sim/edge/report/scenario-text.ts';
import { flagsFor, settingLines } from '../../sim/edge/report/settings-text.ts';
import { resolveSettings } from '../../sim/edge/settings/settings.ts';
import { readSetting, settingOf } from '../../sim/edge/settings/table.ts';
import { lookupLine } from '../../sim/observer/lookup-row.ts';
import { defaultOptions } from '../../sim/options.ts';
import type { SimOptions } from '../../sim/options.ts';
import { asyncLaw, law } from '../harness.ts';
import { anyScenario } from '../sim/scenario-arbitrary.ts';

const row = fc.record({ tookMs: fc.nat({ max: 9999 }), succeeded: fc.boolean() });

function tableOf(rows: readonly { tookMs: number; succeeded: boolean }[]): LookupTable {
  const lines = rows.map(({ tookMs, succeeded }, lookup) =>
    lookupLine({
      ...{ lookup, asker: '3:0a1b2c3d', place: '', target: 'ffffffff', startMs: lookup },
      ...{ endMs: lookup + tookMs, succeeded, exact: succeeded, hops: null, hopsToTarget: null },
      ...{ requests: 1, replies: 1, path: [] },
    }),
  );
  return new LookupTable(lines);
}

law(
  'a page carries so many lookups, failures and the slowest among them, in order and each once',
  [fc.array(row, { minLength: 1, maxLength: 900 })],
  60,
  (rows) => {
    const sample = sampleLookups(tableOf(rows));
    assert.equal(sample.length, Math.min(300, rows.length));
    const numbers = sample.map(({ lookup }) => lookup);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
    const failures = rows.filter(({ succeeded }) => !succeeded).length;
    const kept = sample.filter(({ succeeded }) => !succeeded).length;
    assert.ok(kept >= Math.min(failures, 200));
    const slowest = Math.max(...rows.map(({ tookMs }) => tookMs));
    assert.ok(sample.some(({ tookMs }) => tookMs === slowest));
    assert.deepEqual(sampleLookups(tableOf(rows)), sample);
  },
);

law('settings in words read back as the same options', [anyScenario], 200, (options) => {
  for (const { key, value } of settingLines(options)) {
    const setting = settingOf(key);
    if (setting === undefined) continue;
    const read = readSetting(setting, value);
    assert.ok(read.ok, `${key} ${value}`);
    assert.deepEqual(read.value, { [setting.field]: options[setting.field] });
  }
});

asyncLaw(
  'the scenario that a report gives is the run it speaks of',
  [anyScenario, fc.boolean()],
  80,
  async (drawn, hasWork) => {
    const work = {
      kind: 'lookup',
      count: 7,
      targets: 'nodes',
      zipf: drawn.zipf,
      ttlS: drawn.ttlS,
    } as const;
    const workloads = hasWork ? [{ ...work, fromMs: 100, overMs: 1000 }] : [];
    const options: SimOptions = { ...drawn, durationMs: 15_000, workloads };
    const given: unknown = parse(scenarioFor(options));
    const resolved = await resolveSettings(given as Record<string, unknown>, '');
    assert.deepEqual(resolved.options, options);
  },
);

test('flags say what differs from the defaults, and the size and seed always', (t) => {
  t.deepEqual(flagsFor(defaultOptions()), ['--nodes 1000', '--seed 1']);
  const options = defaultOptions({ k: 8, wire: true, seed: "it's", ttlS: 5400 });
  const words = ['--nodes 1000', '--k 8', '--ttl 90m', `--seed 'it'\\''s'`, '--wire'];
  t.deepEqual(flagsFor(options), words);
  const fault = { type: 'loss', atMs: 0, forMs: 1000, share: 0.1 } as const;
  t.is(flagsFor(defaultOptions({ faults: [fault] })), undefined);
  const fork = { ...options, loss: 0.1, seed: '2' };
  t.deepEqual(flagsFor(fork, options), ['--loss 0.1', '--seed 2']);
});
