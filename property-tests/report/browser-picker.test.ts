/**
 * The picker of lookups as a reader uses it: what it draws and says against lookups.csv.gz, by
 * buttons, keys and numbers.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { boxesOf, open, readAll, texts } from './browser-kit.ts';
import { busyReport } from './report-kit.ts';

test('the picker draws the path of the lookup that is picked', async (t) => {
  const { dir, result } = await busyReport();
  const opened = await open(t, dir);
  if (opened === undefined) return;
  const { page } = opened;
  const rows = await rowsIn(dir);
  t.is(rows.length, result.lookups.count);
  const shows = async (row: Row | undefined): Promise<void> => {
    if (row === undefined) return t.fail('there is such a lookup');
    const names = [row.asker, ...row.path].map((name) => name.split(':'));
    t.is((await boxesOf(page, '.ladder circle.node')).length, names.length);
    t.is((await boxesOf(page, '.ladder path.step')).length, names.length - 1);
    const labels = await texts(page, '.ladder text');
    names.forEach(([node = ''], hop) => {
      t.true(labels.includes(hop === 0 ? 'asker' : `hop ${hop}`));
      t.true(labels.includes(`node ${node}`), `node ${node} in ${labels.join(' ')}`);
    });
    const inRow = "element.querySelector('b').textContent";
    const prefixes = await readAll(page, '[data-part=bits] tr', inRow);
    const shown = (await texts(page, '[data-part=bits] .bits'))[0] ?? '';
    t.is(prefixes.length, names.length + 1, 'a row for each node and one for the target');
    names.forEach(([, hex = ''], hop) => {
      const shared = Math.clz32(Number.parseInt(hex, 16) ^ Number.parseInt(row.target, 16));
      const marked = prefixes[hop] ?? '';
      t.is(marked.length, Math.min(shared, shown.length));
      const bits = Number.parseInt(row.target, 16).toString(2).padStart(32, '0');
      t.true(bits.startsWith(marked));
    });
    const [facts = ''] = await texts(page, '[data-part=facts]');
    t.true(facts.startsWith(`Lookup ${row.lookup} `), facts);
    t.true(facts.includes(row.succeeded ? 'exact' : 'failed'), facts);
    t.true(facts.includes(`${Math.round(row.tookMs)} ms`), facts);
  };
  const byNumber = (number: number): Row | undefined =>
    rows.find(({ lookup }) => lookup === number);
  const chosen = async (): Promise<number> =>
    Number((await readAll(page, '#picker input', 'element.value'))[0]);
  const longest = Math.max(...rows.map(({ path }) => path.length));
  t.is(byNumber(await chosen())?.path.length, longest, 'begins with a longest path');
  await shows(byNumber(await chosen()));
  await page.focus('#picker');
  await page.keyboard.press('Home');
  const first = await chosen();
  await shows(byNumber(first));
  for (let step = 0; step < 4; step++) {
    await page.keyboard.press('ArrowRight');
    await shows(byNumber(await chosen()));
  }
  await page.click('[data-go=previous]');
  await shows(byNumber(await chosen()));
  await page.keyboard.press('s');
  const slowest = Math.max(...rows.map(({ tookMs }) => tookMs));
  t.is(byNumber(await chosen())?.tookMs, slowest);
  await page.keyboard.press('f');
  const failed = byNumber(await chosen());
  t.false(failed?.succeeded, 'f goes to a failure');
  await shows(failed);
  t.deepEqual(opened.noise, []);
});

test('a number that is not on the page is told so', async (t) => {
  const { dir } = await busyReport();
  const opened = await open(t, dir);
  if (opened === undefined) return;
  const { page } = opened;
  await page.fill('#picker input', '999999');
  await page.keyboard.press('Enter');
  t.regex((await texts(page, '[data-part=note]'))[0] ?? '', /^Lookup 999999 is not on this page/);
  t.deepEqual(opened.noise, []);
});

test('a node that shares more bits is drawn further to the target', async (t) => {
  const { dir } = await busyReport();
  const opened = await open(t, dir);
  if (opened === undefined) return;
  const rows = await rowsIn(dir);
  const shown = Number((await readAll(opened.page, '#picker input', 'element.value'))[0]);
  const row = rows.find(({ lookup }) => lookup === shown);
  const target = Number.parseInt(row?.target ?? '', 16);
  const names = row === undefined ? [] : [row.asker, ...row.path];
  const distances = names.map(
    (name) => (Number.parseInt(name.split(':')[1] ?? '', 16) ^ target) >>> 0,
  );
  const nodes = await boxesOf(opened.page, '.ladder circle.node');
  const places = nodes.map(({ left, right }) => (left + right) / 2);
  const order = (list: readonly number[]): number[] =>
    list.map((_, i) => i).sort((a, b) => (list[a] ?? 0) - (list[b] ?? 0));
  t.deepEqual(order(places), order(distances).reverse());
});

interface Row {
  readonly lookup: number;
  readonly asker: string;
  readonly target: string;
  readonly tookMs: number;
  readonly succeeded: boolean;
  readonly path: readonly string[];
}

/** Read here by the place of the columns in the contract, not by the code under test. */
async function rowsIn(dir: string): Promise<readonly Row[]> {
  const text = gunzipSync(await readFile(join(dir, 'lookups.csv.gz'))).toString();
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const cells = line.split(',');
      const [lookup, asker = '', , target = '', start, end, succeeded] = cells;
      const path = (cells[12] ?? '') === '' ? [] : (cells[12] ?? '').split('>');
      const tookMs = Number(end) - Number(start);
      return { lookup: Number(lookup), asker, target, tookMs, succeeded: succeeded === '1', path };
    });
}
