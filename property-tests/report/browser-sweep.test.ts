/**
 * The report of a sweep as a reader sees it: tiles, curves and intervals against the cells, and the
 * choice of a measure.
 */
import test from 'ava';
import { contrast, textOn } from '../../sim/edge/report/palette.ts';
import { readSweep } from '../../sim/edge/report/sweep-read.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { hexOf, open, readAll, texts } from './browser-kit.ts';
import { GREEDY, makeSweep, scratch } from './report-kit.ts';

test('a grid is a heat map and curves, of the measure that is picked', async (t) => {
  const dir = await scratch(t);
  const axes = [
    { key: 'alpha', values: [1, 2, 3] },
    { key: 'k', values: [4, 8] },
  ] as const;
  const base = { nodes: 60, tables: 'converged', durationMs: 10_000, lookups: 30 } as const;
  await makeSweep(dir, 'k and alpha', axes, [1, 2], base);
  await writeReport(dir);
  const opened = await open(t, dir, { scheme: 'dark' });
  if (opened === undefined) return;
  const { page } = opened;
  t.is((await readAll(page, '[data-measure]', 'element.dataset.measure')).length, 1);
  await page.selectOption('#measure', 'latency-mean');
  t.deepEqual(await readAll(page, '[data-measure]', 'element.dataset.measure'), ['latency-mean']);
  const heat = '#figure-heat-latency-mean .wide svg';
  const { cells } = await readSweep(dir);
  const means = [1, 2, 3].flatMap((alpha) =>
    [4, 8].map((k) => {
      const here = cells.filter(({ values }) => values['alpha'] === alpha && values['k'] === k);
      const found = here.flatMap(({ result }) => result?.lookups.latencyMs.mean ?? []);
      return found.reduce((sum, value) => sum + value, 0) / found.length;
    }),
  );
  const labels = await texts(page, `${heat} text`);
  for (const mean of means) {
    const said = mean >= 1000 ? /s$/ : new RegExp(`^${Math.round(mean)} ms$`);
    t.true(
      labels.some((label) => said.test(label)),
      `${mean} in ${labels.join(', ')}`,
    );
  }
  // Text keeps its colour with its tile, on a dark page too.
  const inks = await readAll(
    page,
    `${heat} text[fill^="#0000"], ${heat} text[fill="#fffffe"]`,
    'getComputedStyle(element).fill',
  );
  t.is(inks.length, 6);
  for (const ink of inks) t.true(['#fffffe', '#000001'].includes(hexOf(ink)), ink);
  t.true(contrast(textOn('#00224e'), '#00224e') > 4.5);
  const plot = '#figure-curve-latency-mean .plot';
  await page.focus(plot);
  await page.keyboard.press('Home');
  t.regex(
    (await texts(page, `${plot} .tip`))[0] ?? '',
    /^k 4, alpha 1: .* m?s \(95 %: .* m?s\), 2 seeds$/,
  );
  t.deepEqual(opened.noise, []);
});

test('curves pass through the means, with intervals, the law beside them', async (t) => {
  const dir = await scratch(t);
  const nodes = [50, 100, 200, 400, 1600];
  const base = { ...GREEDY, lookups: 100 };
  await makeSweep(dir, 'hops', [{ key: 'nodes', values: nodes }], [1, 2, 3], base);
  await writeReport(dir);
  const opened = await open(t, dir);
  if (opened === undefined) return;
  const { page } = opened;
  await page.selectOption('#measure', 'hops-to-target');
  const svg = '#figure-curve-hops-to-target .wide svg';
  const lines = await readAll(
    page,
    `${svg} path[fill="none"]`,
    "element.getAttribute('stroke') + ' ' + element.getAttribute('d')",
  );
  const pointsOf = (colour: string): number[][] => {
    const path = lines.find((line) => line.startsWith(colour) && line.includes('L')) ?? '';
    const found = [...path.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)];
    return found.map(([, x, y]) => [Number(x), Number(y)]);
  };
  const [curve, law] = [pointsOf('#0072b2'), pointsOf('#1b2430')];
  t.is(curve.length, nodes.length);
  t.is(law.length, nodes.length);
  const { cells } = await readSweep(dir);
  const means = nodes.map((count) => {
    const here = cells.filter(({ values }) => values['nodes'] === count);
    const found = here.flatMap(({ result }) => result?.lookups.hopsToTarget.mean ?? []);
    return found.reduce((sum, value) => sum + value, 0) / found.length;
  });
  const at = (index: number, axis: number): number => curve[index]?.[axis] ?? Number.NaN;
  const perHop = (at(4, 1) - at(0, 1)) / ((means[4] ?? 0) - (means[0] ?? 0));
  means.forEach((mean, i) => {
    const y = at(0, 1) + perHop * (mean - (means[0] ?? 0));
    t.true(Math.abs(at(i, 1) - y) < 0.3, `${nodes[i]} nodes`);
    t.true(Math.abs((law[i]?.[1] ?? 0) - at(i, 1)) < Math.abs(perHop), 'the law is within a hop');
  });
  // Doublings are as far apart wherever they are.
  t.true(Math.abs(at(1, 0) - at(0, 0) - (at(4, 0) - at(3, 0)) / 2) < 0.3);
  const strokes = `${svg} [stroke="#0072b2"][stroke-width="1.5"]`;
  t.is(
    await page.evaluate(`document.querySelectorAll('${strokes}').length`),
    3 * nodes.length,
    'a line and two ends for each interval',
  );
  const ticks = await texts(page, `${svg} text`);
  for (const tick of ['50', '100', '200', '400', '1,600']) t.true(ticks.includes(tick), tick);
  t.deepEqual(opened.noise, []);
});
