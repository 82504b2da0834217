/**
 * The report of a run as a reader sees it: the drawn bars and lines against the numbers of the
 * result, labels that can be read, dark and narrow pages, and a page that asks nothing of anybody.
 */
import test from 'ava';
import { contrast } from '../../sim/edge/report/palette.ts';
import { boxesOf, hexOf, open, readAll, texts } from './browser-kit.ts';
import type { Box } from './browser-kit.ts';
import { busyReport } from './report-kit.ts';

const height = ({ top, bottom }: Box): number => bottom - top;

test('bars are as high as the shares that they stand for', async (t) => {
  const { dir, result } = await busyReport();
  const opened = await open(t, dir);
  if (opened === undefined) return;
  const { histogram } = result.lookups.hops;
  const shares = Object.keys(histogram)
    .map(Number)
    .sort((a, b) => a - b);
  const wanted = shares.map((value) => histogram[String(value)] ?? 0);
  await hasHeights('#figure-hops .wide path[fill="#0072b2"]', wanted);
  const bins = Object.entries(result.lookups.latencyMs.histogram);
  const sorted = bins.map(([low, share]) => [Number(low), share] as const);
  const rising = sorted.sort(([a], [b]) => a - b).map(([, share]) => share);
  await hasHeights('#figure-latency .wide path[fill="#0072b2"]', rising);
  t.deepEqual(opened.noise, []);

  async function hasHeights(selector: string, all: readonly number[]): Promise<void> {
    const boxes = opened === undefined ? [] : await boxesOf(opened.page, selector);
    const bars = boxes.filter((bar) => height(bar) > 0.4).sort((a, b) => a.left - b.left);
    const most = Math.max(...all);
    const tallest = Math.max(...bars.map(height));
    t.true(tallest > 80, `the tallest of ${selector} is ${tallest} px high`);
    const heights = all.map((share) => (tallest * share) / most).filter((high) => high > 0.4);
    t.is(bars.length, heights.length, selector);
    bars.forEach((bar, i) => {
      t.true(Math.abs(height(bar) - (heights[i] ?? 0)) < 1, `bar ${i} of ${selector}`);
      t.true(Math.abs(bar.bottom - (bars[0]?.bottom ?? 0)) < 0.6, 'bars stand on one line');
    });
  }
});

test('lines over time have a point per step, as high as its value, across the plot', async (t) => {
  const { dir, result } = await busyReport();
  const opened = await open(t, dir);
  if (opened === undefined) return;
  const line = '#figure-online .wide path[fill="none"][stroke="#0072b2"]';
  const [path = ''] = await readAll(opened.page, line, "element.getAttribute('d')");
  const points = [...path.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) =>
    [x, y].map(Number),
  );
  const { online, atMs } = result.series;
  t.is(points.length, atMs.length);
  // Two points fix the scale; all others have to lie on it.
  const [low, high] = [online.indexOf(Math.min(...online)), online.indexOf(Math.max(...online))];
  const at = (index: number, axis: number): number => points[index]?.[axis] ?? Number.NaN;
  const perNode = (at(high, 1) - at(low, 1)) / ((online[high] ?? 0) - (online[low] ?? 0));
  t.true(perNode < 0, 'more nodes are higher up');
  const last = atMs.length - 1;
  const perMs = (at(last, 0) - at(0, 0)) / ((atMs[last] ?? 0) - (atMs[0] ?? 0));
  online.forEach((nodes, i) => {
    const [x, y] = [at(0, 0) + perMs * ((atMs[i] ?? 0) - (atMs[0] ?? 0)), at(low, 1)];
    t.true(Math.abs(at(i, 0) - x) < 0.2, `step ${i} across`);
    t.true(Math.abs(at(i, 1) - (y + perNode * (nodes - (online[low] ?? 0)))) < 0.2, `step ${i} up`);
  });
  const [drawn] = await boxesOf(opened.page, line);
  const [plot] = await boxesOf(opened.page, '#figure-online .wide svg');
  const share =
    ((drawn?.right ?? 0) - (drawn?.left ?? 0)) / ((plot?.right ?? 1) - (plot?.left ?? 0));
  t.true(share > 0.8, `the line takes ${share} of the width`);
});

for (const width of [1280, 375]) {
  test(`labels can be read and nothing hangs over, ${width} px wide`, async (t) => {
    const { dir } = await busyReport();
    const opened = await open(t, dir, { width });
    if (opened === undefined) return;
    const { page } = opened;
    const form = width > 640 ? '.wide' : '.narrow';
    const ids = await readAll(page, '.figure', 'element.id');
    t.true(ids.length >= 10, `${ids.length} figures`);
    for (const id of ids) {
      const [svg] = await boxesOf(page, `#${id} ${form} svg`);
      const labels = await boxesOf(page, `#${id} ${form} svg text`);
      t.true(labels.length >= 4, `${id} has labels`);
      for (const [i, label] of labels.entries()) {
        const isInside =
          svg !== undefined && label.left >= svg.left - 2 && label.right <= svg.right + 2;
        t.true(isInside, `${id}: "${label.text}" is inside`);
        const over = labels.slice(i + 1).find((other) => overlap(label, other));
        t.is(over, undefined, `${id}: "${label.text}" over "${over?.text ?? ''}"`);
      }
    }
    const scrolls = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    t.false(scrolls, 'no scrolling sideways');
    t.deepEqual(opened.noise, []);
  });
}

function overlap(a: Box, b: Box): boolean {
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const up = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return across > 1 && up > 2;
}

test('a point says its numbers, under the pointer and by keys', async (t) => {
  const { dir, result } = await busyReport();
  const opened = await open(t, dir);
  if (opened === undefined) return;
  const { page } = opened;
  await page.hover('#figure-hops .plot');
  t.regex((await texts(page, '#figure-hops .tip'))[0] ?? '', /^\d hops: [\d.]+ % of lookups$/);
  await page.focus('#figure-online .plot');
  await page.keyboard.press('Home');
  const first = (await texts(page, '#figure-online .tip'))[0] ?? '';
  t.true(first.endsWith(`online nodes ${result.series.online[0] ?? ''}`), first);
  await page.keyboard.press('Escape');
  t.deepEqual(await texts(page, '#figure-online .tip'), []);
  t.deepEqual(opened.noise, []);
});

test('on a dark page text and bars stand out', async (t) => {
  const { dir } = await busyReport();
  const opened = await open(t, dir, { scheme: 'dark' });
  if (opened === undefined) return;
  const { page } = opened;
  const colourOf = (part: string): string => `getComputedStyle(element).${part}`;
  const [ground = ''] = await readAll(page, 'html', colourOf('backgroundColor'));
  t.true(contrast(hexOf(ground), '#000000') < 1.5, `the ground is dark: ${ground}`);
  const stands = async (selector: string, part: string, least: number): Promise<void> => {
    const colours = new Set(await readAll(page, selector, colourOf(part)));
    t.true(colours.size > 0, selector);
    for (const colour of colours) {
      const ratio = contrast(hexOf(colour), hexOf(ground));
      t.true(ratio >= least, `${selector} ${colour}: ${ratio}`);
    }
  };
  await stands('.plot svg text, .ladder text', 'fill', 4.5);
  await stands('figcaption, td, th, p, h1, h2, h3', 'color', 4.5);
  await stands('.plot svg path[fill="#0072b2"], .ladder .hop, .ladder .last', 'fill', 3);
  await stands('.plot svg path[fill="none"][stroke="#0072b2"]', 'stroke', 3);
  t.deepEqual(opened.noise, []);
});

test('the policy keeps out what is not the page’s own', async (t) => {
  const { dir } = await busyReport();
  const opened = await open(t, dir);
  if (opened === undefined) return;
  const { page } = opened;
  await page.emulateMedia({ media: 'print' });
  t.deepEqual(await texts(page, 'nav'), [], 'paper has no links to parts');
  t.true((await boxesOf(page, '#figure-hops .wide svg')).length === 1);
  t.deepEqual(opened.noise, []);
  await page.evaluate(`{
    document.head.insertAdjacentHTML('beforeend', '<style>main { display: none }</style>');
    const script = document.createElement('script');
    script.textContent = 'document.title = "taken"';
    document.head.append(script);
    const image = new Image();
    image.src = 'http://127.0.0.1:9/x.png';
    document.body.append(image);
  }`);
  t.is(await page.evaluate('getComputedStyle(document.querySelector("main")).display'), 'block');
  t.is(await page.evaluate('document.title'), 'A busy network');
  t.false(opened.noise.includes('request'), 'not even asked for');
});
