/**
 * What a report is as files: complete, harmless whatever its data says, loading nothing, the same
 * bytes each time, and refusing damaged input in one line. What it looks like is browser.test.ts.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { ReportFault } from '../../sim/edge/report/fault.ts';
import { contrast, HEAT, SERIES, textOn, TONES } from '../../sim/edge/report/palette.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { LOOKUP_COLUMNS } from '../../sim/observer/lookup-row.ts';
import { BUSY, cellsOf, GREEDY, makeRun, makeSweep, reportFiles } from './report-kit.ts';
import { reportIn, scratch, xmlFault } from './report-kit.ts';

const HOSTILE = {
  name: '</script><script>document.title = "taken"</script>',
  question: '<img src=x onerror=alert(1)> "quoted" & <b>bold</b>',
};

test('a report is one page that loads nothing and allows only its own script', async (t) => {
  const dir = await scratch(t);
  await makeRun(dir, BUSY, HOSTILE);
  await writeReport(dir);
  const html = await reportIn(dir);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
  t.true(policy.startsWith("default-src 'none'; "));
  t.false(/unsafe|\*|https?:/.test(policy));
  for (const kind of ['style', 'script']) {
    const all = [...html.matchAll(new RegExp(`<${kind}>([\\s\\S]*?)</${kind}>`, 'g'))];
    t.is(all.length, 1, `one ${kind} element`);
    const hash = createHash('sha256')
      .update(all[0]?.[1] ?? '')
      .digest('base64');
    t.true(policy.includes(`${kind}-src 'sha256-${hash}'`), kind);
  }
  const markup = html.replace(/<script[\s\S]*?<\/script>/g, '');
  t.false(/<[^>]*\s(?:style|on\w+)=/.test(markup), 'no inline style, no handler');
  t.deepEqual([...markup.matchAll(/<link[^>]*>/g)].map(String), [
    '<link rel="icon" href="data:,">',
  ]);
  const addresses = [...markup.matchAll(/<[^>]*(?:href|src|url)[=(]"?([^")>\s]+)/g)].map(
    ([, to]) => to,
  );
  const isOurs = (to = ''): boolean => /^(?:#|figures\/|data:)/.test(to);
  t.deepEqual(
    addresses.filter((to) => !isOurs(to)),
    [],
  );
});

test('what data says is text, in the page, in its data and in its figures', async (t) => {
  const dir = await scratch(t);
  await makeRun(dir, { nodes: 30, lookups: 20, tables: 'converged', durationMs: 20_000 }, HOSTILE);
  await writeReport(dir);
  const html = await reportIn(dir);
  t.false(html.includes('<script>document.title'));
  t.false(html.includes('<img'));
  t.true(html.includes('&lt;/script&gt;&lt;script&gt;document.title = &quot;taken&quot;'));
  t.true(
    html.includes('&lt;img src=x onerror=alert(1)&gt; &quot;quoted&quot; &amp; &lt;b&gt;bold'),
  );
  const rows = await readFile(join(dir, 'result.json'), 'utf8');
  t.true(rows.includes('document.title'), 'the result holds it as it was');
});

test('places from a file are text too, and data cannot end its element', async (t) => {
  const dir = await scratch(t);
  await makeRun(dir, { nodes: 30, lookups: 2, tables: 'converged', durationMs: 20_000 });
  const head = LOOKUP_COLUMNS.join(',');
  const row = (i: number): string =>
    `${i},1:0a1b2c3d,</script><i>${i},ffffffff,0,${10 + i},1,1,1,,2,2,2:fb1b2c3d`;
  const text = [head, row(0), row(1)].join('\n');
  await writeFile(join(dir, 'lookups.csv.gz'), gzipSync(text));
  await writeReport(dir);
  const files = await reportFiles(dir);
  t.false(files['report.html']?.includes('</script><i>'));
  t.true(files['report.html']?.includes('\\u003c/script>\\u003ci>0'));
  t.true(files['latency-by-place.svg']?.includes('&lt;/script&gt;&lt;i&gt;'));
});

test('the same result gives the same bytes', async (t) => {
  const [a, b] = [await scratch(t), await scratch(t)];
  await makeRun(a, BUSY);
  for (const file of ['result.json', 'lookups.csv.gz']) {
    await writeFile(join(b, file), await readFile(join(a, file)));
  }
  await writeReport(a);
  await writeReport(b);
  const first = await reportFiles(a);
  t.deepEqual(await reportFiles(b), first);
  await writeReport(a);
  t.deepEqual(await reportFiles(a), first, 'and again over the old one');
});

test('each figure is an SVG without styles and a file of its numbers', async (t) => {
  const dir = await scratch(t);
  const { lookups, series, tables } = await makeRun(dir, BUSY);
  await writeReport(dir);
  const files = await reportFiles(dir);
  const names = Object.keys(files).filter((name) => name !== 'report.html');
  const bare = new Set(names.map((name) => name.replace(/\.\w+$/, '')));
  for (const id of ['hops', 'latency', 'messages', 'online', 'traffic', 'success', 'buckets']) {
    t.true(bare.has(id), id);
  }
  const colours = new Set([...Object.values(TONES), ...SERIES].map(({ light }) => light));
  for (const id of bare) {
    const svg = files[`${id}.svg`] ?? '';
    t.regex(svg, /^<\?xml [^>]*>\n<svg role="img" aria-label="[^"]+" .*xmlns=/);
    t.false(/style|class=|<script|zr\d/.test(svg), id);
    t.is(xmlFault(svg), undefined, id);
    const used = [...svg.matchAll(/ (?:fill|stroke)="(#[^"]*)"/g)].map(
      ([, colour]) => colour ?? '',
    );
    // A clip path is not seen; it is filled with black.
    t.deepEqual(
      used.filter((colour) => !colours.has(colour) && colour !== '#000'),
      [],
      id,
    );
  }
  const hops = cellsOf(files['hops.csv'] ?? '').slice(1);
  for (const [value = '', share] of hops) {
    t.is(Number(share), lookups.hops.histogram[value] ?? 0);
  }
  const latency = cellsOf(files['latency.csv'] ?? '').slice(1);
  t.true(Math.abs(latency.reduce((sum, cells) => sum + Number(cells[2]), 0) - 1) < 1e-9);
  const online = cellsOf(files['online.csv'] ?? '').slice(1);
  t.deepEqual(
    online.map(([, nodes]) => Number(nodes)),
    [...series.online],
  );
  const buckets = cellsOf(files['buckets.csv'] ?? '').slice(1);
  t.deepEqual(
    buckets.map(([, mean]) => Number(mean)),
    [...tables.bucketMeans],
  );
});

test('the theory stands where it holds and nowhere else', async (t) => {
  const [greedy, busy] = [await scratch(t), await scratch(t)];
  await makeRun(greedy, { ...GREEDY, lookups: 300 });
  await makeRun(busy, { ...GREEDY, lookups: 300, alpha: 3 });
  await writeReport(greedy);
  await writeReport(busy);
  const [with_, without] = [await reportFiles(greedy), await reportFiles(busy)];
  const [head, ...rows] = cellsOf(with_['hops-to-target.csv'] ?? '');
  t.deepEqual(head, ['hops', 'share of lookups', 'theory']);
  const total = rows.reduce((sum, cells) => sum + Number(cells[2]), 0);
  t.true(total > 0.999 && total < 1 + 1e-9);
  t.deepEqual(cellsOf(without['hops-to-target.csv'] ?? '')[0], ['hops', 'share of lookups']);
});

test('a run without lookups, series or rows has a report of what is there', async (t) => {
  const dir = await scratch(t);
  await makeRun(dir, { nodes: 30, tables: 'converged', durationMs: 20_000, lookups: 20 });
  const path = join(dir, 'result.json');
  const result = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...result, series: undefined }));
  await rm(join(dir, 'lookups.csv.gz'));
  await writeReport(dir);
  const html = await reportIn(dir);
  t.false(/id="time"|id="paths"|id="picker-data"/.test(html));
  t.true(html.includes('id="how"') && html.includes('id="figure-hops"'));
});

test('damaged and missing files are told in one line', async (t) => {
  const dir = await scratch(t);
  const told = async (pattern: RegExp): Promise<void> => {
    const error = await t.throwsAsync(writeReport(dir), { instanceOf: ReportFault });
    t.regex(error.message, pattern);
    t.false(error.message.includes('\n'));
  };
  await told(/result\.json is missing: name a folder with a result$/);
  await makeRun(dir, { nodes: 30, tables: 'converged', durationMs: 20_000, lookups: 20 });
  const [path, packed] = [join(dir, 'result.json'), join(dir, 'lookups.csv.gz')];
  const [text, bytes] = [await readFile(path, 'utf8'), await readFile(packed)];
  await writeFile(packed, bytes.subarray(0, bytes.length / 2));
  await told(/^lookups\.csv\.gz is damaged \(.*\): run the simulation again/);
  await writeFile(packed, gzipSync('a,b\n1,2\n'));
  await told(/^lookups\.csv\.gz has other columns/);
  await writeFile(packed, bytes);
  await writeFile(path, text.slice(0, 500));
  await told(/result\.json is no JSON/);
  await writeFile(path, text.replace('"simulatedMs"', '"simulated"'));
  await told(/result\.json is not the result of a simulation at simulatedMs: /);
  await writeFile(path, '[]');
  await told(/result\.json is not the result of a simulation: /);
});

test('a broken row is told by its line', async (t) => {
  const dir = await scratch(t);
  await makeRun(dir, { nodes: 30, tables: 'converged', durationMs: 20_000, lookups: 1 });
  const head = LOOKUP_COLUMNS.join(',');
  const good = '0,1:0a1b2c3d,,ffffffff,0,10,1,1,1,,2,2,2:fb1b2c3d';
  for (const [bad, column] of [
    ['1,1:0a1b2c3d,,ffffffff,0,soon,1,1,1,,2,2,2:fb1b2c3d', 'end_ms'],
    ['1,<b>,,ffffffff,0,10,1,1,1,,2,2,2:fb1b2c3d', 'asker'],
    ['1,1:0a1b2c3d,,ffffffff,0,10,1,1,1,,2,2,2:fb1b2c3d>x', 'path'],
    ['1,2,3', 'lookup'],
  ] as const) {
    await writeFile(join(dir, 'lookups.csv.gz'), gzipSync([head, good, bad].join('\n')));
    const error = await t.throwsAsync(writeReport(dir), { instanceOf: ReportFault });
    const place = `line 3 of lookups.csv.gz is no lookup (column ${column}): `;
    t.true(error.message.startsWith(place), error.message);
  }
});

test('a sweep compares its cells, those without a result included', async (t) => {
  const dir = await scratch(t);
  const axes = [
    { key: 'alpha', values: [1, 3] },
    { key: 'k', values: [4, 8] },
  ] as const;
  const base = { nodes: 40, tables: 'converged', durationMs: 10_000, lookups: 20 } as const;
  await makeSweep(dir, '<b>k</b> & alpha', axes, [1, 2], base);
  await writeReport(dir);
  const files = await reportFiles(dir);
  const html = files['report.html'] ?? '';
  t.true(html.includes('<h1>&lt;b&gt;k&lt;/b&gt; &amp; alpha</h1>'));
  t.true(html.includes('failed: no &lt;b&gt;room&lt;/b&gt;'));
  const curve = cellsOf(files['curve-latency-mean.csv'] ?? '');
  t.deepEqual(curve[0], ['alpha', 'k', 'mean', '95 % low', '95 % high', 'seeds']);
  t.is(curve.length, 5);
  t.deepEqual(
    curve
      .map((row) => row[5])
      .slice(1)
      .sort(),
    ['1', '2', '2', '2'],
  );
  t.is(cellsOf(files['heat-latency-mean.csv'] ?? '').length, 5);
  await rm(join(dir, 'cells'), { recursive: true });
  const error = await t.throwsAsync(writeReport(dir), { instanceOf: ReportFault });
  t.regex(error.message, /cells\/[0-9a-f]{16}\.json is missing/);
});

test('colours stand out from both grounds, and figures from the tiles that they are on', (t) => {
  for (const mode of ['light', 'dark'] as const) {
    const ground = TONES.paper[mode];
    for (const tone of SERIES) t.true(contrast(tone[mode], ground) >= 3, `${mode} ${tone[mode]}`);
    for (const tone of [TONES.ink, TONES.muted]) t.true(contrast(tone[mode], ground) >= 4.5);
  }
  for (const tile of HEAT) t.true(contrast(textOn(tile), tile) >= 4.5, tile);
});
