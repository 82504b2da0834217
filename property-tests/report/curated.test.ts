/**
 * The curated reports in reports/: what the README says is there, belongs to the results in the
 * folders, holds nothing of the machine that made it, and comes out again when it is run again.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { readResult } from '../../sim/edge/report/read.ts';
import { readSweep } from '../../sim/edge/report/sweep-read.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { readScenario } from '../../sim/edge/scenario.ts';
import { readPlanFile } from '../../sim/edge/sweep/plan-file.ts';
import { run } from '../cli/cli-kit.ts';
import { scratch, xmlFault } from './report-kit.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const REPORTS = join(ROOT, 'reports');
const MADE = /<!-- what follows is written by npm run reports -->([\s\S]*)<!-- up to here -->/;

const README = await readFile(join(REPORTS, 'README.md'), 'utf8');

/** A section each, by name. */
const SECTIONS = new Map(
  (MADE.exec(README)?.[1] ?? '')
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.split('\n', 1)[0] ?? '', text] as const),
);

function folderOf(name: string): string {
  return join(REPORTS, name);
}

function isSweep(name: string): boolean {
  return existsSync(join(folderOf(name), 'sweep.yaml'));
}

async function digestOf(name: string): Promise<string> {
  const dir = folderOf(name);
  if (!isSweep(name)) return (await readResult(join(dir, 'result.json'))).digest ?? '';
  const { cells } = await readSweep(dir);
  const lines = cells.map(({ digest }) => `${digest ?? ''}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

test('the README has a section for each report: question, command, digest', async (t) => {
  const entries = await readdir(REPORTS);
  const folders = entries.filter((name) =>
    ['sweep.yaml', 'scenario.yaml'].some((file) => existsSync(join(folderOf(name), file))),
  );
  t.deepEqual([...SECTIONS.keys()].sort(), folders.sort());
  t.true(folders.length >= 5);
  for (const [name, text] of SECTIONS) {
    t.is(/^Digest `([0-9a-f]{64})`$/m.exec(text)?.[1], await digestOf(name), name);
    t.true(text.includes(`npm run reports -- ${name}\n`), name);
    const source = join(folderOf(name), isSweep(name) ? 'sweep.yaml' : 'scenario.yaml');
    const { question } = isSweep(name) ? await readPlanFile(source) : await readScenario(source);
    t.true(question !== undefined && text.replace(/\n/g, ' ').includes(`**${question}**`), name);
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    t.true(links.some((link) => link.endsWith('.svg')) && links.length >= 4, name);
    for (const link of links) t.true(existsSync(join(REPORTS, link)), link);
  }
});

test('a kept sweep is whole, is that of its file, and nothing lies beside it', async (t) => {
  for (const name of [...SECTIONS.keys()].filter(isSweep)) {
    const dir = folderOf(name);
    const file = await readPlanFile(join(dir, 'sweep.yaml'));
    const { cells, ...sweep } = await readSweep(dir);
    const { axes, seeds, question } = file;
    t.deepEqual(
      { name: sweep.name, axes: sweep.axes, seeds: sweep.seeds, question: sweep.question },
      { name, axes, seeds, question },
    );
    const places = axes.reduce((product, { values }) => product * values.length, seeds.length);
    t.is(cells.length, places, name);
    t.true(
      cells.every(({ status }) => status === 'done'),
      name,
    );
    const ids = new Set(cells.map(({ id }) => `${id}.json`));
    t.deepEqual((await readdir(join(dir, 'cells'))).sort(), [...ids].sort(), name);
  }
});

test('results say nothing of a machine, and figures are sound SVG', async (t) => {
  for (const name of SECTIONS.keys()) {
    const dir = folderOf(name);
    const results = isSweep(name)
      ? (await readdir(join(dir, 'cells'))).map((file) => join(dir, 'cells', file))
      : [join(dir, 'result.json')];
    for (const path of [...results, join(dir, 'report.html')]) {
      const text = await readFile(path, 'utf8');
      t.false(/"(?:wallMs|setupCpuMs|cpuMs|peakRssBytes|machine)"|file:\/\//.test(text), path);
      t.false(/wall time|memory at its peak/.test(text), path);
    }
    const figures = await readdir(join(dir, 'figures'));
    for (const figure of figures.filter((file) => file.endsWith('.svg'))) {
      const fault = xmlFault(await readFile(join(dir, 'figures', figure), 'utf8'));
      t.is(fault, undefined, `${name}/figures/${figure}`);
    }
  }
});

/** Numbers to nine digits: mathematics of another Node version may differ in the last one. */
function rounded(csv: string): string {
  return csv.replace(/(?<=^|,)-?\d+\.\d+(?:e-?\d+)?(?=,|$)/gm, (number) =>
    Number(number).toPrecision(9),
  );
}

test('the figures of a kept sweep are those of its results', async (t) => {
  const dir = await scratch(t);
  const kept = folderOf('hops-and-size');
  for (const part of ['sweep.json', 'cells']) {
    await cp(join(kept, part), join(dir, part), { recursive: true });
  }
  await writeReport(dir);
  const names = (await readdir(join(dir, 'figures'))).sort();
  t.deepEqual((await readdir(join(kept, 'figures'))).sort(), names);
  for (const name of names.filter((file) => file.endsWith('.csv'))) {
    const [own, found] = await Promise.all(
      [kept, dir].map((folder) => readFile(join(folder, 'figures', name), 'utf8')),
    );
    t.is(rounded(own ?? ''), rounded(found ?? ''), name);
  }
});

test('cells of kept sweeps come out again', async (t) => {
  for (const name of ['disjoint-paths', 'hops-and-size']) {
    const args = ['report', join('reports', name), '--verify', '--cells', '1'];
    const { code, stdout, stderr } = await run(t, ROOT, args);
    t.is(code, 0, stderr);
    t.regex(stdout.toString(), /^equal {5}cells\/[0-9a-f]{16}\.json .*\n {2}recorded /);
  }
});
