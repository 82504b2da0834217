// Scenario files: a file with everything becomes exactly these options, and what is wrong in one is
// told with its line.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readScenario } from '../../sim/edge/scenario.ts';
import { SettingsFault } from '../../sim/edge/settings/fault.ts';
import { resolveLayers } from '../../sim/edge/settings/settings.ts';
import { defaultOptions, type SimOptions } from '../../sim/options.ts';
import { scratch } from '../certificates/identity-kit.ts';

async function optionsOf(path: string): Promise<SimOptions> {
  const { layer } = await readScenario(path);
  return (await resolveLayers([layer])).options;
}

async function written(t: ExecutionContext, text: string): Promise<string> {
  const path = join(await scratch(t), 'x.yaml');
  await writeFile(path, text);
  return path;
}

/** What is told about a file, with the folder left out. */
async function faultsOf(t: ExecutionContext, text: string): Promise<readonly string[]> {
  const path = await written(t, text);
  try {
    await optionsOf(path);
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    return error.lines.map((line) => line.replaceAll(path, 'x.yaml'));
  }
  return [];
}

const EVERYTHING = `
name: everything
question: Does it read all of this?
nodes: 500
seed: 7
k: 16
loss: 1%
churn: weibull:60m,0.5
phases:
  warmup: 10m
  measure: 1h
puts: 10
targets: nodes
workloads:
  - kind: lookup
    rate: 2/s
    from: 10m
    over: 20m
  - kind: lookup
    count: 100
    rate: 1/s
    targets: random
  - kind: get
    count: 50
    from: 30m
    zipf: 1.2
  - { kind: put, rate: 1/m }
faults:
  - { type: mass-failure, at: 10m, share: 30%, return: 5m }
  - { type: mass-failure, at: 20m, share: 0.1, return: never }
  - { type: partition, at: 30m, for: 5m, share: 0.5 }
  - { type: join-storm, at: 40m, over: 1m, nodes: 100 }
  - { type: loss, at: 50m, for: 90s, share: 0.2 }
`;

test('a scenario with everything becomes these options', async (t) => {
  const scenario = await readScenario(await written(t, EVERYTHING));
  t.like(scenario, { name: 'everything', question: 'Does it read all of this?' });
  const { options, materials, notes } = await resolveLayers([scenario.layer]);
  const lookups = { kind: 'lookup', zipf: 0, ttlS: 86_400 } as const;
  t.deepEqual(options, {
    ...defaultOptions(),
    nodes: 500,
    seed: '7',
    k: 16,
    beta: 16,
    nearest: 16,
    loss: 0.01,
    churn: { type: 'weibull', on: { scaleMs: 3_600_000, shape: 0.5 }, off: null },
    warmupMs: 600_000,
    durationMs: 3_600_000,
    lookups: 0,
    puts: 10,
    targets: 'nodes',
    workloads: [
      { ...lookups, count: 2400, fromMs: 600_000, overMs: 1_200_000, targets: 'nodes' },
      { ...lookups, count: 100, fromMs: 0, overMs: 100_000, targets: 'random' },
      {
        kind: 'get',
        count: 50,
        fromMs: 1_800_000,
        overMs: 1_800_000,
        targets: 'nodes',
        zipf: 1.2,
        ttlS: 86_400,
      },
      {
        kind: 'put',
        count: 60,
        fromMs: 0,
        overMs: 3_600_000,
        targets: 'nodes',
        zipf: 0,
        ttlS: 86_400,
      },
    ],
    faults: [
      { type: 'mass-failure', atMs: 600_000, share: 0.3, returnMs: 300_000 },
      { type: 'mass-failure', atMs: 1_200_000, share: 0.1, returnMs: null },
      { type: 'partition', atMs: 1_800_000, forMs: 300_000, share: 0.5 },
      { type: 'join-storm', atMs: 2_400_000, overMs: 60_000, nodes: 100 },
      { type: 'loss', atMs: 3_000_000, forMs: 90_000, share: 0.2 },
    ],
  });
  t.deepEqual(materials, {});
  t.deepEqual(notes, []);
});

test('what is wrong in a file is told with its line', async (t) => {
  for (const [text, line] of WRONG) t.deepEqual(await faultsOf(t, text), [line], text);
  const both = await faultsOf(t, 'k: 0\nphases: {}\nlinks: hot\n');
  t.deepEqual(
    both.map((line) => line.slice(0, 19)),
    ['k in x.yaml line 1:', 'links in x.yaml lin'],
  );
});

test('hostile files are refused, not obeyed', async (t) => {
  const bomb = [
    'a0: &a0 [x, x]',
    ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
  ];
  t.regex((await faultsOf(t, bomb.join('\n')))[0] ?? '', /^bad YAML in x\.yaml: .*alias/i);
  t.regex((await faultsOf(t, '__proto__: { k: 8 }'))[0] ?? '', /^unknown key '__proto__' in x/);
  t.regex((await faultsOf(t, 'x'.repeat(1_000_001)))[0] ?? '', /over 1000000 bytes/);
  await t.throwsAsync(readScenario('no/such.yaml'), {
    message: 'the scenario no/such.yaml is missing: name a YAML file',
  });
});

/** Files that cannot be, and the one line about each. */
const WRONG: readonly (readonly [string, string])[] = [
  ['nodes: 5\n\nlokups: 5\n', "unknown key 'lokups' in x.yaml line 3: did you mean lookups?"],
  [
    'nodes: many',
    "nodes in x.yaml line 1: 'many' cannot be: write a whole number from 1 to 4000000",
  ],
  ['k: 8\nk: 9', 'bad YAML in x.yaml line 2: Map keys must be unique'],
  [
    'nodes: [1',
    'bad YAML in x.yaml line 1: Flow sequence in block collection must be sufficiently ' +
      'indented and end with a ]',
  ],
  ['', 'x.yaml holds no settings: write keys with values, as in nodes: 1000'],
  ['- nodes: 5', 'x.yaml holds no settings: write keys with values, as in nodes: 1000'],
  [
    'seed: 12345678901234567890',
    'seed in x.yaml line 1: 12345678901234567000 is not kept exactly: write the digits in quotes',
  ],
  [
    'grid:\n  k: [1]',
    'grid in x.yaml line 1: belongs to a sweep: run the file with npx orrery sweep',
  ],
  ['name: [a]', 'name in x.yaml line 1: write it as a sentence in quotes, of at most 100 letters'],
  [
    'duration: 1h\nphases:\n  measure: 2h',
    'duration in x.yaml line 1: is given under phases too: delete one of the two',
  ],
  ['phases: 5m', 'phases in x.yaml line 1: write a group of keys, each with its value'],
  [
    'phases:\n  warmpu: 5m',
    "unknown key 'warmpu' of phases in x.yaml line 2: did you mean warmup?",
  ],
  [
    'workloads: 5',
    'workloads in x.yaml line 1: write a list, each entry on a line of its own after a dash',
  ],
  ['workloads:\n  - kind: lookup', 'workload 1 in x.yaml line 2: give a count or a rate'],
  ['workloads:\n  - count: 5', 'kind of workload 1 in x.yaml line 2: is missing: give it a value'],
  [
    'workloads:\n  - kind: lookup\n    count: 5\n    rate: 1/s\n    over: 1m',
    'workload 1 in x.yaml line 2: count, rate and over say too much: leave one of them out',
  ],
  [
    'workloads:\n  - kind: lookup\n    rate: 1/h\n    over: 1m',
    'workload 1 in x.yaml line 2: so low a rate asks nothing in that time: give a higher one',
  ],
  [
    'workloads:\n  - kind: lookup\n    count: 5\n    from: 9m\n    over: 2m',
    'workload 1 goes on to 660 s, but measuring ends at 600 s: shorten it',
  ],
  [
    'faults:\n  - at: 1m',
    'type of fault 1 in x.yaml line 2: is none of the known ones: ' +
      'write mass-failure, partition, join-storm, loss, leader-crash',
  ],
  [
    'faults:\n  - type: flood\n    at: 1m',
    'type of fault 1 in x.yaml line 2: is none of the known ones: ' +
      'write mass-failure, partition, join-storm, loss, leader-crash',
  ],
  [
    'faults:\n  - type: loss\n    at: 1m\n    share: 0.1',
    'for of fault 1 in x.yaml line 2: is missing: give it a value',
  ],
  [
    'faults:\n  - type: loss\n    at: 1m\n    for: 1m\n    sahre: 0.1\n    share: 0.1',
    "unknown key 'sahre' of fault 1 in x.yaml line 5: did you mean share?",
  ],
  [
    'faults:\n  - { type: mass-failure, at: 20m, share: 0.1 }',
    'fault 1 begins at 1200 s, but measuring ends at 600 s: move it',
  ],
  [
    'faults:\n  - { type: partition, at: 1m, for: 1m, share: 0.6 }',
    'share of fault 1 must be above 0 and at most 0.5',
  ],
];
