// The three entries load what they say and no more, simulate gives what the command gives, and the
// document about all of it shows the very examples that are run.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { SettingsFault, simulate } from '../../library/sim.ts';
import type { Settings } from '../../library/sim.ts';
import { SETTINGS } from '../../sim/edge/settings/table.ts';
import { run, scratch } from '../cli/cli-kit.ts';
import { ROOT } from '../processes.ts';

/** All that a compiled entry loads at once: files of ours by their path in dist/, and packages. */
async function loadedBy(entry: string): Promise<readonly string[]> {
  const found = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (found.has(path)) return;
    found.add(path);
    const text = await readFile(join(ROOT, 'dist', path), 'utf8');
    for (const [, name = ''] of text.matchAll(LOADED)) {
      if (name.startsWith('.')) await visit(join(path, '..', name));
      else found.add(name);
    }
  };
  await visit(join('library', entry));
  return [...found].sort();
}

/** Compilers write an import or a re-export from the start of a line. */
const LOADED = /^(?:import|export)(?:\s[^;'"]*?\sfrom)?\s*['"]([^'"]+)['"]/gm;

test('orrery/core loads files of src/ and nothing else', async (t) => {
  const [entry, ...rest] = await loadedBy('core.js');
  t.is(entry, join('library', 'core.js'));
  t.true(rest.length > 30);
  t.deepEqual(
    rest.filter((path) => !path.startsWith('src')),
    [],
  );
});

test('orrery loads no node before one is started, orrery/sim none at all', async (t) => {
  const whole = await loadedBy('index.js');
  t.true(whole.includes(join('library', 'client.js')));
  const late = /^sim|^runtime.node|^runtime.identity|^classic-level$|^@|^[a-z][\w-]+$/;
  t.deepEqual(
    whole.filter((path) => late.test(path)),
    [],
  );
  const sim = await loadedBy('sim.js');
  t.true(sim.includes(join('sim', 'main.js')));
  t.deepEqual(
    sim.filter((path) => /^runtime/.test(path)),
    [],
  );
});

const SMALL = { nodes: 60, duration: '1m', lookups: 40, puts: 5, gets: 20 } as const;
const FLAGS = ['--duration', '1m', '--lookups', '40', '--puts', '5', '--gets', '20'];

test('simulate gives the digest of the command, from settings and over a scenario', async (t) => {
  const dir = await scratch(t);
  const told = await run(t, dir, ['sim', '--nodes', '60', ...FLAGS, '--json']);
  const command = JSON.parse(told.stdout.toString()) as { readonly digest: string };
  let looks = 0;
  const plain = await simulate(SMALL, { onProgress: () => (looks += 1) });
  t.is(plain.digest, command.digest);
  t.true(looks > 0);
  t.is((await simulate({ ...SMALL, workers: 2 })).digest, command.digest);
  const scenario = join(dir, 'small.yaml');
  await writeFile(scenario, JSON.stringify({ ...SMALL, nodes: 7 }));
  t.is((await simulate({ nodes: 60 }, { scenario })).digest, command.digest);
});

test('simulate says what is wrong, notes what is idle, and stops when told', async (t) => {
  const wrong = { nodes: 0, loss: 'often' };
  const fault = await t.throwsAsync(simulate(wrong), { instanceOf: SettingsFault });
  t.is(fault.lines.length, 2);
  const notes: string[] = [];
  await simulate({ ...SMALL, gets: 0, zipf: 1 }, { onNote: (note) => notes.push(note) });
  t.is(notes.length, 1);
  const long = { nodes: 500, duration: '7d', lookups: 1_000_000 } as const;
  const stop = new AbortController();
  const onProgress = (): void => stop.abort(new Error('enough'));
  const stopped = simulate(long, { signal: stop.signal, onProgress });
  await t.throwsAsync(stopped, { message: 'enough' });
  await t.throwsAsync(simulate(SMALL, { signal: stop.signal }), { message: 'enough' });
});

test('the type of settings has the keys of the table', (t) => {
  const structured = ['phases', 'workloads', 'faults'];
  const table = SETTINGS.map(({ key }) => key);
  t.deepEqual(Object.keys(TYPED).sort(), [...table, ...structured].sort());
});

test('the code in docs/embedding.md is that of the examples', async (t) => {
  const names = await readdir(join(ROOT, 'examples'));
  const texts = names.map((name) => readFile(join(ROOT, 'examples', name), 'utf8'));
  const examples = (await Promise.all(texts)).map(plain);
  const document = await readFile(join(ROOT, 'docs', 'embedding.md'), 'utf8');
  const blocks = [...document.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, block = '']) => block);
  t.true(blocks.length >= 4);
  for (const block of blocks) {
    t.true(
      examples.some((example) => example.includes(plain(block))),
      block,
    );
  }
});

/** Without the indents, which a part of an example loses. */
function plain(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n');
}

/** A key that is missing here, or is none of the type, does not compile. */
const TYPED: Readonly<Record<keyof Settings, true>> = {
  nodes: true,
  tables: true,
  k: true,
  alpha: true,
  beta: true,
  nearest: true,
  paths: true,
  replication: true,
  floor: true,
  repair: true,
  ttl: true,
  timeout: true,
  deadline: true,
  latency: true,
  'min-latency': true,
  jitter: true,
  links: true,
  loss: true,
  silent: true,
  churn: true,
  departure: true,
  disk: true,
  adversaries: true,
  voters: true,
  introducers: true,
  'hostile-introducers': true,
  lookups: true,
  'lookup-rate': true,
  targets: true,
  puts: true,
  gets: true,
  'value-bytes': true,
  zipf: true,
  seed: true,
  duration: true,
  warmup: true,
  workers: true,
  wire: true,
  phases: true,
  workloads: true,
  faults: true,
};
