// Settings: every flag and every key means the same, defaults are what help says, and what cannot
// be is told in one line that says what to do.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { settingsIn } from '../../cli/setting-flags.ts';
import { simCommand } from '../../cli/sim/sim.ts';
import { meant, SettingsFault } from '../../sim/edge/settings/fault.ts';
import { resolveLayers, resolveSettings, type Given } from '../../sim/edge/settings/settings.ts';
import { readSetting, SETTINGS, settingOf } from '../../sim/edge/settings/table.ts';
import { optionFaults } from '../../sim/option-faults.ts';
import { defaultOptions, type SimOptions } from '../../sim/options.ts';
import { parseDuration } from '../../sim/specs.ts';
import { law } from '../harness.ts';

const KEYS = SETTINGS.map(({ key }) => key);

/** Per setting: what a flag says, what a key says, and the option that both stand for. */
const SAMPLES: Readonly<Record<string, readonly [string, unknown, Partial<SimOptions>]>> = {
  nodes: ['250', 250, { nodes: 250 }],
  tables: ['converged', 'converged', { tables: 'converged' }],
  k: ['16', 16, { k: 16, beta: 16, nearest: 16 }],
  alpha: ['5', 5, { alpha: 5 }],
  beta: ['7', 7, { beta: 7 }],
  nearest: ['9', 9, { nearest: 9 }],
  paths: ['2', 2, { paths: 2 }],
  replication: ['3', 3, { replication: 3 }],
  floor: ['2', 2, { floor: 2 }],
  repair: ['30s', '30s', { repairMs: 30_000 }],
  ttl: ['90m', '90m', { ttlS: 5400 }],
  timeout: ['1500', 1500, { timeoutMs: 1500 }],
  deadline: ['2.5s', '2.5s', { operationMs: 2500 }],
  latency: ['constant:50', 'constant:50', { latency: { type: 'constant', ms: 50 } }],
  'min-latency': ['2.5', 2.5, { minLatencyMs: 2.5 }],
  jitter: ['10%', 0.1, { jitter: 0.1 }],
  links: ['warm', 'warm', { links: 'warm' }],
  loss: ['0.05', '5%', { loss: 0.05 }],
  silent: ['0.2', 0.2, { silent: 0.2 }],
  churn: [
    'exponential:1h,10m',
    'exponential:1h,10m',
    { churn: { type: 'exponential', meanOnMs: 3_600_000, meanOffMs: 600_000 } },
  ],
  departure: ['leave', 'leave', { departure: 'leave' }],
  disk: ['keep', 'keep', { disk: 'keep' }],
  adversaries: ['0.2:lie', '20%:lie', { adversaries: { share: 0.2, kind: 'lie' } }],
  voters: ['5', 5, { voters: 5 }],
  introducers: ['3', 3, { introducers: 3 }],
  'hostile-introducers': ['0', 0, { hostileIntroducers: 0 }],
  lookups: ['77', 77, { lookups: 77 }],
  'lookup-rate': ['30/m', '30/m', { lookupsPerSecond: 0.5 }],
  targets: ['nodes', 'nodes', { targets: 'nodes' }],
  puts: ['5', 5, { puts: 5, lookups: 0 }],
  gets: ['0', 0, { gets: 0 }],
  'value-bytes': ['1024', 1024, { valueBytes: 1024 }],
  zipf: ['0.8', 0.8, { zipf: 0.8 }],
  seed: ['0x7', '0x7', { seed: '0x7' }],
  duration: ['0', 0, { durationMs: 0 }],
  warmup: ['500ms', '500ms', { warmupMs: 500 }],
  workers: ['4', 4, { workers: 4 }],
  wire: ['', true, { wire: true }],
};

/** Defaults that follow from other settings; help says how. */
const DERIVED = new Set(['beta', 'nearest', 'replication', 'lookups', 'wire']);

async function throughFlags(...args: readonly string[]): Promise<Given> {
  const command = simCommand('1');
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  command.action(() => undefined);
  await command.parseAsync(args, { from: 'user' });
  return settingsIn(command.opts());
}

async function linesOf(given: Given): Promise<readonly string[]> {
  try {
    await resolveSettings(given, '');
  } catch (error) {
    if (error instanceof SettingsFault) return error.lines;
    throw error;
  }
  return [];
}

test('every setting is the same as a flag and as a key', async (t) => {
  t.deepEqual(Object.keys(SAMPLES).sort(), [...KEYS].sort());
  for (const [key, [flag, value, expected]] of Object.entries(SAMPLES)) {
    const args = flag === '' ? [`--${key}`] : [`--${key}`, flag];
    const fromFlag = await resolveSettings(await throughFlags(...args), '');
    const fromKey = await resolveSettings({ [key]: value }, '');
    t.deepEqual(fromFlag, fromKey, key);
    t.deepEqual(fromKey.options, { ...defaultOptions(), ...expected }, key);
  }
});

test('all settings at once, and no flag is a setting that was not given', async (t) => {
  const args = Object.entries(SAMPLES).flatMap(([key, [flag]]) =>
    flag === '' ? [`--${key}`] : [`--${key}`, flag],
  );
  const given = await throughFlags(...args);
  t.deepEqual(Object.keys(given).sort(), Object.keys(SAMPLES).sort());
  const { options } = await resolveSettings(given, '');
  t.is(options.beta, 7);
  t.is(options.lookups, 77);
  t.deepEqual(await throughFlags(), {});
});

test('help tells the defaults that the options have', (t) => {
  const usual = defaultOptions();
  for (const { key, fallback, field, read } of SETTINGS) {
    if (DERIVED.has(key)) continue;
    t.deepEqual(read(fallback), { ok: true, value: { [field]: usual[field] } }, key);
  }
  const fields = SETTINGS.map(({ field }) => field);
  t.is(new Set(fields).size, fields.length);
  const others = Object.keys(usual).filter((field) => !fields.some((known) => known === field));
  t.deepEqual(others.sort(), ['faults', 'workloads']);
});

test('a value that cannot be is told in one line, in the same words everywhere', async (t) => {
  const wrong: readonly (readonly [Given, string])[] = [
    [{ nodes: 'many' }, "nodes: 'many' cannot be: write a whole number from 1 to 4000000"],
    [{ nodes: 0 }, "nodes: '0' cannot be: write a whole number from 1 to 4000000"],
    [{ k: 0 }, "k: '0' cannot be: write a whole number from 1 to 64"],
    [{ k: [8, 20] }, 'k: a list cannot be: write one value'],
    [{ k: {} }, 'k: a group of keys cannot be: write one value'],
    [{ k: null }, 'k: has no value: write one, or delete the key'],
    [
      { duration: 10 },
      "duration: '10' is no duration: write a number with ms, s, m, h or d, as in 90s or 1.5h",
    ],
    [{ ttl: '10ms' }, "ttl: '10ms' is too short: write at least 1s"],
    [{ ttl: '60d' }, "ttl: '60d' is too long: write at most 49d"],
    [{ warmup: '0.1ms' }, "warmup: '0.1ms' is below 1ms, the shortest duration"],
    [{ loss: 2 }, "loss: '2' is no share: write a number from 0 to 1, or a percentage as in 5%"],
    [{ seed: 2 ** 60 }, `seed: ${2 ** 60} is not kept exactly: write the digits in quotes`],
    [{ links: 'hot' }, "links: 'hot' is not known here: write dial or dial-back or warm"],
    [
      { adversaries: '0.2:sulk' },
      "adversaries: '0.2:sulk' names no adversaries: write none, or a share below 1 and one of " +
        'drop, lie, stale, flood, as in 0.2:drop',
    ],
    [{ wire: 'yes' }, "wire: 'yes' is not known here: write true or false"],
    [{ lokups: 5 }, "unknown key 'lokups': did you mean lookups?"],
    [{ valueBytes: 5 }, "unknown key 'valueBytes': did you mean value-bytes?"],
    [{ colour: 5 }, "unknown key 'colour': npx orrery sim --help lists the settings"],
    [
      { repair: '50' },
      "repair: '50' is no duration: write a number with ms, s, m, h or d, as in 90s or 1.5h",
    ],
    [{ out: 'x' }, 'out: is a flag of the command line only: give --out'],
  ];
  for (const [given, line] of wrong) t.deepEqual(await linesOf(given), [line]);
  t.is((await linesOf({ k: 0, nodes: 0, lokups: 1 })).length, 3, 'faults are collected');
});

test('a flag is told off when it is read', async (t) => {
  await t.throwsAsync(throughFlags('--k', '0'), {
    message: /option '--k <n>' argument '0' is invalid\. '0' cannot be: .* from 1 to 64\.$/,
  });
  await t.throwsAsync(throughFlags('--churn', 'daily'), { message: /'daily' is no churn model/ });
});

test('settings that cannot be together are one line each', async (t) => {
  const wrong: readonly (readonly [Given, RegExp])[] = [
    [{ nodes: 5, replication: 8 }, /^replication 8 needs at least as many nodes, not 5$/],
    [{ silent: 0.5, adversaries: '0.5:drop' }, /^silent 0.5 and adversaries 0.5 leave no honest/],
    [{ silent: 1 }, /^silent must be at least 0 and below 1$/],
    [{ loss: 1 }, /^loss must be at least 0 and below 1$/],
    [{ gets: 5 }, /^gets needs puts/],
    [{ duration: 0, lookups: 0 }, /^duration 0 runs until the work is done: give lookups/],
    [{ floor: 5, replication: 4 }, /^floor must not be above replication/],
    [{ deadline: '2d' }, /^deadline must be a whole number/],
    [{ duration: 0, workloads: [{ kind: 'lookup', count: 1 }] }, /need an end.*duration above 0$/],
  ];
  for (const [given, pattern] of wrong) {
    const lines = await linesOf(given);
    t.is(lines.length, 1, lines.join('; '));
    t.regex(lines[0] ?? '', pattern);
  }
});

test('options made without the table are judged too, one line for each mistake', (t) => {
  t.deepEqual(optionFaults(defaultOptions()), []);
  t.deepEqual(optionFaults(defaultOptions({ k: 0 })), [
    '--k must be a whole number from 1 to 64, not 0',
  ]);
  t.is(optionFaults(defaultOptions({ nodes: 0 })).length, 1);
  t.deepEqual(optionFaults({ ...defaultOptions(), replication: 9, nodes: 8 }), [
    '--replication 9 needs at least as many --nodes, not 8',
  ]);
});

test('flags win over keys, and are called flags', async (t) => {
  const file = {
    given: { nodes: 300, k: 8, phases: { warmup: '1m', measure: '5m' } },
    baseDir: '',
  };
  const flags = (given: Given) => ({ given, baseDir: '', word: (key: string) => `--${key}` });
  const { options } = await resolveLayers([file, flags({ k: '16', duration: '2m' })]);
  t.like(options, { nodes: 300, k: 16, beta: 16, warmupMs: 60_000, durationMs: 120_000 });
  const error = await t.throwsAsync(resolveLayers([file, flags({ replication: '20', k: '4' })]));
  t.is(error.message, '--replication must not be above nearest: a PUT only finds that many nodes');
});

test('files are looked for where they are named', async (t) => {
  const at = (given: Given, baseDir: string): Promise<unknown> =>
    t.throwsAsync(resolveSettings(given, baseDir), { instanceOf: SettingsFault });
  t.regex(String(await at({ latency: 'matrix:no.tsv' }, 'some/where')), /some\/where\/no\.tsv/);
  t.regex(String(await at({ churn: 'survival:/no/such.csv' }, 'some')), /: \/no\/such\.csv/);
});

test('what changes nothing is told and not refused', async (t) => {
  const { notes } = await resolveSettings({ 'lookup-rate': '5/s', zipf: 1, disk: 'keep' }, '');
  t.deepEqual(notes, [
    'lookup-rate changes nothing here: the work is spread over the duration',
    'zipf changes nothing here: there are no GETs',
    'disk changes nothing here: nobody returns',
  ]);
  t.deepEqual((await resolveSettings({ 'lookup-rate': '5/s', duration: 0 }, '')).notes, []);
});

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

test('the guide tells every setting', async (t) => {
  const guide = await readFile(new URL('../../../docs/simulation.md', import.meta.url), 'utf8');
  const table = guide.slice(guide.indexOf('## Settings'), guide.indexOf('## Scenarios'));
  const told = table
    .split('\n')
    .flatMap((line) => line.split('|')[1]?.match(/[a-z-]+(?=`)/g) ?? []);
  t.deepEqual(told.sort(), [...KEYS].sort());
});

law(
  'a duration is its number times its unit',
  [fc.integer({ min: 1, max: 9999 }), fc.constantFrom('ms', 's', 'm', 'h', 'd')],
  200,
  (count, unit) => {
    assert.deepEqual(parseDuration(`${count}${unit}`), { ok: true, value: count * UNITS[unit] });
    assert.equal(parseDuration(`-${count}${unit}`).ok, false);
    assert.equal(parseDuration(`${count}${unit}x`).ok, false);
  },
);

law(
  'a key with one slip of the pen is understood',
  [
    fc.constantFrom(...KEYS.filter((key) => key.length > 5)),
    fc.nat(),
    fc.constantFrom('drop', 'swap', 'add'),
  ],
  300,
  (key, place, slip) => {
    const at = place % (key.length - 1);
    const [one = '', two = ''] = key.slice(at);
    const words = { drop: one, swap: two + one, add: `${one}x${two}` };
    assert.equal(meant(key.slice(0, at) + words[slip] + key.slice(at + 2), KEYS), key);
  },
);

law(
  'whatever is written, a reader answers in one line',
  [fc.anything(), fc.constantFrom(...KEYS)],
  500,
  (value, key) => {
    const setting = settingOf(key);
    assert.ok(setting);
    const read = readSetting(setting, value);
    assert.ok(read.ok || (read.fault.length > 0 && !read.fault.includes('\n')));
  },
);
