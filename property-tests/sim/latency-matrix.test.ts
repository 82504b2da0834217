/**
 * Matrices of round trips: what is refused and where, how gaps are filled, halves per direction,
 * the delay within a row, nodes on rows; files packed and plain; and the real matrices.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { MaterialFault, readMaterials } from '../../sim/edge/materials.ts';
import { latencyModel, type LatencyModel } from '../../sim/latency/latency.ts';
import { parseMatrix, type Matrix, type MatrixReading } from '../../sim/latency/matrix.ts';
import { parseLatency } from '../../sim/latency/spec.ts';
import type { LatencySpec } from '../../sim/options.ts';
import { realData, surprise } from './laws-kit.ts';

const strict: MatrixReading = { unit: 'ms', missing: 'refuse' };
const filling: MatrixReading = { unit: 'ms', missing: 'median' };
const settings = { minLatencyMs: 0.001, jitter: 0, key: 99 };

/** Row by row, or what is wrong. */
function delays(text: string, reading = strict): readonly number[] | string {
  const parsed = parseMatrix(text, reading);
  return parsed.ok ? [...parsed.value.oneWayUs] : parsed.fault;
}

function specOf(text: string): LatencySpec {
  const parsed = parseLatency(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

test('halves per direction, and within a row that row’s smallest other entry', (t) => {
  t.deepEqual(delays('0 40 7\n50 0 90\n8 70 0'), [
    ...[3500, 20_000, 3500],
    ...[25_000, 25_000, 45_000],
    ...[4000, 35_000, 4000],
  ]);
  // What is on the diagonal is not used.
  t.deepEqual(delays('3.7 40\n50 9'), [20_000, 20_000, 25_000, 25_000]);
  t.deepEqual(delays('0 0.04\n0.05 0', { ...strict, unit: 's' }), [
    ...[20_000, 20_000],
    ...[25_000, 25_000],
  ]);
  t.deepEqual(delays('0 0.0001\n1e2 0'), [1, 1, 50_000, 50_000]);
});

test('tabs, commas or spaces; comments, empty lines and line ends of any kind', (t) => {
  const expected = [20_000, 20_000, 25_000, 25_000];
  for (const text of [
    '0\t40\n50\t0',
    '0,40\n50,0\n',
    '0, 40\r\n50, 0\r\n',
    '# a comment, with commas\n0   40\n\n 50 0 \n',
    '\uFEFF0 40\n# between\n50 0',
  ]) {
    t.deepEqual(delays(text), expected, JSON.stringify(text));
  }
});

test('refusals say line and column', (t) => {
  const gap = '(missing=median fills it in)';
  const cases: Readonly<Record<string, string>> = {
    '0 1\n2': 'line 2, column 2: not rectangular, 1 entries where line 1 has 2',
    '0 1\n2 0 3': 'line 2, column 3: not rectangular, 3 entries where line 1 has 2',
    '0 1 2\n1 0 2': 'line 1, column 3: not square, 2 rows of 3 entries',
    '# rows\n0 1\n1 0\n2 3': 'line 4, column 1: not square, 3 rows of 2 entries',
    '0\t1\t2\n1\t0\t\n1\t2\t0': `line 2, column 3: the entry is missing ${gap}`,
    '0,NA\n1,0': `line 1, column 2: the entry is missing ${gap}`,
    '0 1\n0 0': `line 2, column 1: 0 off the diagonal counts as missing ${gap}`,
    '# rows\n0 1\n-5 0': 'line 3, column 1: -5 is negative',
    '0 1\n1 -0.5': 'line 2, column 2: -0.5 is negative',
    '0 abc\n1 0': "line 1, column 2: 'abc' is no number",
    '0 1\n1,5 0': "line 2, column 1: '1,5' is no number",
    '0 Infinity\n1 0': "line 1, column 2: 'Infinity' is no number",
    '0 3600001\n1 0': 'line 1, column 2: 3600001 is more than an hour: is the unit right?',
    '5': 'line 1, column 1: at least two rows are needed',
    '': 'there are no numbers in it',
    '# nothing\n\n': 'there are no numbers in it',
  };
  for (const [text, fault] of Object.entries(cases)) t.is(delays(text), fault);
  t.is(delays('0 -1\n1 0', filling), 'line 1, column 2: -1 is negative', 'no gap to be filled');
});

test('gaps are filled with the median of the row, or of all where a row has nothing', (t) => {
  t.deepEqual(delays('0 0 10 30\n2 0 4 6\n2 4 0 6\n2 4 6 0', filling).slice(0, 4), [
    ...[5000, 10_000, 5000, 15_000],
  ]);
  t.deepEqual(delays('0\t\t-\n2\t0\t4\n8\t16\t0', filling), [
    ...[3000, 3000, 3000],
    ...[1000, 1000, 2000],
    ...[4000, 8000, 4000],
  ]);
  t.is(delays('0 0\n0 0', filling), 'every entry off the diagonal is missing');
});

function modelOf(matrix: Matrix): LatencyModel {
  return latencyModel(specOf('matrix:made-here'), settings, matrix);
}

/** The number of the node's row, from 1. */
function rowOf(model: LatencyModel, peer: number): number {
  return Number(/^row (\d+)$/.exec(model.placeName(peer))?.[1]);
}

test('nodes are laid on rows with equal chances, and take the delays of their rows', (t) => {
  const parsed = parseMatrix('0 40 7\n50 0 90\n8 70 0', strict);
  if (!parsed.ok) return t.fail(parsed.fault);
  const model = modelOf(parsed.value);
  const counts = [0, 0, 0];
  for (let peer = 30_000; peer >= 0; peer--) {
    const row = rowOf(model, peer) - 1;
    counts[row] = (counts[row] ?? 0) + 1;
  }
  t.true(surprise(counts, [1 / 3, 1 / 3, 1 / 3]) < 4, counts.join(' '));
  const expected = [...parsed.value.oneWayUs];
  for (let from = 0; from < 12; from++) {
    for (let to = 0; to < 12; to++) {
      const cell = (rowOf(model, from) - 1) * 3 + rowOf(model, to) - 1;
      t.is(model.draw(from, to, from * 77), expected[cell] ?? -1);
    }
  }
  t.is(model.leastUs, 3500);
  const [there, back] = [model.draw(0, 1, 1), model.draw(1, 0, 1)];
  t.is(there === back, rowOf(model, 0) === rowOf(model, 1), 'asymmetry is kept');
});

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'orrery-matrix-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('files: packed ones are known by their bytes, and count unpacked', async (t) => {
  await inFolder(async (folder) => {
    const text = '0 40\n50 0\n';
    const packed = gzipSync(text);
    await writeFile(join(folder, 'plain.gz'), text);
    await writeFile(join(folder, 'packed.tsv'), packed);
    await writeFile(join(folder, 'damaged.gz'), packed.subarray(0, -6));
    await writeFile(join(folder, 'gap.tsv'), '0 0\n1 0');
    const read = async (name: string, more: Partial<LatencySpec> = {}) => {
      const spec = { ...specOf(`matrix:${name}`), ...more } as LatencySpec;
      return readMaterials(spec, { type: 'none' }, folder);
    };
    const [plain, other] = [await read('plain.gz'), await read('packed.tsv')];
    t.deepEqual(plain.materials, other.materials);
    const { sha256 } = plain.latency as { sha256: string };
    t.is(sha256, '46abdb3cba048d98e818e68469c671ab8b75834dfa624136630688e188a52727');
    t.deepEqual(plain.latency, { ...specOf('matrix:plain.gz'), sha256 } as LatencySpec);
    t.is((other.latency as { sha256: string }).sha256, sha256);
    await read('packed.tsv', { sha256 });
    const faults: Readonly<Record<string, RegExp>> = {
      'damaged.gz': /^damaged\.gz: damaged gzip file \(.+\)$/,
      'none.tsv': /^none\.tsv: no such file \(looked for .*none\.tsv\)$/,
      '.': /^\.: not a file$/,
      'gap.tsv': /^gap\.tsv: line 1, column 2: 0 off the diagonal counts as missing/,
    };
    for (const [name, message] of Object.entries(faults)) {
      await t.throwsAsync(read(name), { instanceOf: MaterialFault, message });
    }
    const changed = read('plain.gz', { sha256: 'f'.repeat(64) });
    await t.throwsAsync(changed, { instanceOf: MaterialFault, message: /not the file of the ear/ });
  });
});

const REAL = [
  { name: 'planetlab490_rtt_ms_t1.tsv.gz', size: 490, more: '', symmetric: true },
  { name: 'seattle99_rtt_s_t1.tsv.gz', size: 99, more: ',unit=s,missing=median', symmetric: false },
  { name: 'wondernetwork222_avg_rtt_ms.tsv.gz', size: 222, more: '', symmetric: false },
];

for (const { name, size, more, symmetric } of REAL) {
  test(`real round trips: ${name}`, async (t) => {
    const folder = realData(t);
    if (folder === undefined) return;
    const spec = specOf(`matrix:latency/${name}${more}`);
    const { latency, materials } = await readMaterials(spec, { type: 'none' }, folder);
    t.regex((latency as { sha256: string }).sha256, /^[0-9a-f]{64}$/);
    const { oneWayUs, size: found } = materials.matrix ?? { oneWayUs: new Int32Array(), size: 0 };
    t.is(found, size);
    const sorted = oneWayUs.toSorted();
    const medianMs = (sorted[sorted.length >> 1] ?? 0) / 1000;
    t.true(medianMs > 20 && medianMs < 200, `half a median round trip: ${medianMs} ms`);
    const model = latencyModel(latency, { ...settings, minLatencyMs: 1 }, materials.matrix);
    let unequal = 0;
    for (let peer = 0; peer < 1000; peer++) {
      const [there, back] = [model.draw(peer, peer + 1, peer), model.draw(peer + 1, peer, 7)];
      t.true(there >= 1000 && there >= model.leastUs && there <= (sorted.at(-1) ?? 0));
      if (there !== back) unequal++;
    }
    t.is(unequal > 500, !symmetric, `${unequal} of 1000 pairs differ by direction`);
  });
}

test('real round trips with gaps are refused when nobody asked for medians', async (t) => {
  const folder = realData(t);
  if (folder === undefined) return;
  const spec = specOf('matrix:latency/seattle99_rtt_s_t1.tsv.gz,unit=s');
  await t.throwsAsync(readMaterials(spec, { type: 'none' }, folder), {
    instanceOf: MaterialFault,
    message: /: line 1, column 7: 0 off the diagonal counts as missing \(missing=median/,
  });
});
