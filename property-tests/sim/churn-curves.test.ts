/**
 * Sessions from files: cumulative shares and survivors. Draws follow their law, and what is left of
 * a session met under way follows the law of the equilibrium; sessions that made a survival curve
 * are found again; damaged tables are refused with line and column; and the real curves.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parseSessionCdf } from '../../sim/churn/cdf.ts';
import { Churn } from '../../sim/churn/churn.ts';
import type { SessionCurve } from '../../sim/churn/session-curve.ts';
import { parseChurn } from '../../sim/churn/spec.ts';
import { parseSurvival } from '../../sim/churn/survival.ts';
import { readMaterials } from '../../sim/edge/materials.ts';
import type { ChurnSpec } from '../../sim/options.ts';
import type { Parsed } from '../../sim/specs.ts';
import { keysOf } from '../../sim/streams.ts';
import { curveLaw, DISTANCE_MAX, distanceTo, DRAWS, equilibriumOf, HOUR_US } from './laws-kit.ts';
import { linesThrough, realData, type Cdf } from './laws-kit.ts';

const { churn: key } = keysOf('curves');
const slots = Array.from({ length: DRAWS }, (_, slot) => slot);
const fromFile: ChurnSpec = { type: 'survival', file: 'made here', sha256: '' };

function accepted<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

/** Hours of sessions, or of what is left of those under way. */
function hoursOf(sessions: SessionCurve, residual: boolean): readonly number[] {
  const churn = new Churn(fromFile, DRAWS, key, sessions);
  const us = (slot: number): number =>
    residual ? churn.residualSessionUs(slot) : churn.sessionUs(slot);
  return slots.map((slot) => us(slot) / HOUR_US);
}

/** How far sessions, and what is left of those under way, are from the law of a curve. */
function distancesTo(sessions: SessionCurve): readonly number[] {
  const cdf = curveLaw(sessions);
  const end = ((sessions.timesUs.at(-1) ?? 0) + 12 * sessions.tailUs) / HOUR_US;
  const rest = equilibriumOf((x) => 1 - cdf(x), end, 20_000);
  return [distanceTo(hoursOf(sessions, false), cdf), distanceTo(hoursOf(sessions, true), rest)];
}

test('a whole curve: sessions are straight lines between its points', (t) => {
  const text = '# read from a plot\nhours,week\n1,40\n2,40\n4,90\n10,100\n';
  const sessions = accepted(parseSessionCdf(text, null));
  const points = [
    [0, 0],
    [1, 0.4],
    [2, 0.4],
    [4, 0.9],
    [10, 1],
  ] as const;
  const cdf = linesThrough(points);
  t.true(distanceTo(hoursOf(sessions, false), cdf) < DISTANCE_MAX);
  const rest = equilibriumOf((x) => 1 - cdf(x), 10);
  t.true(distanceTo(hoursOf(sessions, true), rest) < DISTANCE_MAX);
  // The test can tell: what is left is not a whole session.
  t.true(distanceTo(hoursOf(sessions, false), rest) > 0.05);
  // Areas of the shape, by hand: 1 * 0.8 + 1 * 0.6 + 2 * 0.35 + 6 * 0.05 hours.
  const churn = new Churn(fromFile, 1, key, sessions);
  t.true(Math.abs(churn.meanSessionMs / 3_600_000 - 2.4) < 1e-9);
  const drawn = hoursOf(sessions, true).reduce((sum, x) => sum + x, 0) / DRAWS;
  t.true(Math.abs((drawn * 3_600_000) / churn.meanResidualMs - 1) < 0.03);
});

test('a curve that ends early goes on at the rate of its second half', (t) => {
  const text = 'hours,a,b\n0,0,0\n2,50,30\n4,60,60\n8,80,60\n';
  const sessions = accepted(parseSessionCdf(text, 'a'));
  // From 4 to 8 hours 40 % become 20 %: one halving in 4 hours.
  const mean = 4 / Math.LN2;
  t.true(Math.abs(sessions.tailUs / HOUR_US - mean) < 1e-9);
  const lines = linesThrough([
    [0, 0],
    [2, 0.5],
    [4, 0.6],
    [8, 0.8],
  ]);
  const cdf: Cdf = (x) => (x < 8 ? lines(x) : 1 - 0.2 * Math.exp((8 - x) / mean));
  t.true(distanceTo(hoursOf(sessions, false), cdf) < DISTANCE_MAX);
  const rest = equilibriumOf((x) => 1 - cdf(x), 200);
  t.true(distanceTo(hoursOf(sessions, true), rest) < DISTANCE_MAX);
  // Flat from the middle on: the rate over all of it.
  const flat = accepted(parseSessionCdf(text, 'b'));
  t.true(Math.abs(flat.tailUs / HOUR_US - 8 / Math.log(1 / 0.4)) < 1e-9);
});

/** Survivors of 100,000 nodes whose remaining lives have a law, every 150 seconds. */
function survivors(left: Cdf, hours: number): string {
  const rows = Array.from({ length: 24 * hours }, (_, i) => i + 1);
  const lines = rows.map((row) => `${Math.round(100_000 * left(row / 24))},${row * 150}`);
  return ['node_count,timestamp', ...lines].join('\n');
}

test('survivors: the sessions that made the curve are found again', (t) => {
  // Sessions of at least x hours: (1 + x / 9) ** -4; of what is left of them: the same to -3.
  const text = survivors((x) => (1 + x / 9) ** -3, 72);
  const sessions = accepted(parseSurvival(text));
  const rest = hoursOf(sessions, true).filter((x) => x < 72);
  const end = 1 - 9 ** -3;
  t.true(distanceTo(rest, (x) => (1 - (1 + x / 9) ** -3) / end) < DISTANCE_MAX);
  t.true(Math.max(...distancesTo(sessions)) < DISTANCE_MAX);
  const whole = hoursOf(sessions, false);
  t.true(distanceTo(whole, (x) => 1 - (1 + x / 9) ** -4) < 0.02);
  const churn = new Churn(fromFile, 1, key, sessions);
  t.true(Math.abs(churn.meanSessionMs / 3_600_000 / 3 - 1) < 0.02, `${churn.meanSessionMs}`);
});

test('survivors: counts that waver, come back, or reach nobody', (t) => {
  const head = 'timestamp,node_count\n';
  const waver = accepted(
    parseSurvival(`${head}0,100\n3600,60\n7200,62\n10800,45\n14400,0\n18000,3`),
  );
  const hours = hoursOf(waver, true);
  t.true(Math.max(...hours) <= 4, 'after four hours nobody was left');
  // The convex curve below the counts has corners at 100, 60 and 0.
  const inTheFirst = hours.filter((x) => x < 1).length / DRAWS;
  t.true(Math.abs(inTheFirst - 0.4) < DISTANCE_MAX, `${inTheFirst}`);
  const longer = waver.left.every((share, i) => share <= (waver.left[i - 1] ?? 1) && share >= 0);
  t.true(longer, 'the share of longer sessions falls');
  t.is(waver.left[0], 1);
  const flat = accepted(parseSurvival(`${head}0,100\n3600,60\n7200,40\n10800,40\n14400,40`));
  t.true(flat.tailUs > 0 && Number.isFinite(flat.tailUs));
});

test('damaged tables are refused with line and column', (t) => {
  const cases: readonly (readonly [text: string, column: string | null, fault: string])[] = [
    ['', null, 'it is empty'],
    ['days,a\n1,2', null, 'no column is named hours: there are days, a'],
    ['hours,a,b\n1,2,3', null, 'it has several columns, choose with column=NAME one of a, b'],
    ['hours,a,b\n1,2,3', 'c', 'no column is named c: choose one of a, b'],
    ['hours,a\n1,2\n2', null, 'line 3, column 2: 1 entries under 2 names'],
    ['# x\nhours,a\n1,', null, 'line 3, column 2: the entry is missing, write one of at least 0'],
    ['hours,a\nx,1', null, "line 2, column 1: 'x' is no number, write one of at least 0"],
    ['hours,a\n1,-1', null, "line 2, column 2: '-1' is no number, write one of at least 0"],
    ['hours,a\n2,1\n2,3', null, 'line 3, column 1: hours must rise'],
    ['hours,a\n2,5\n3,4', null, 'line 3, column 2: the percentage falls'],
    ['hours,a\n2,101', null, 'line 2, column 2: 101 is more than 100 percent'],
    ['hours,a\n0,5\n1,9', null, 'line 2, column 2: no session can last 0 hours'],
    ['hours,a\n1,0', null, 'no session ends in it'],
    ['hours,a', null, 'no session ends in it'],
  ];
  for (const [text, column, fault] of cases) {
    t.deepEqual(parseSessionCdf(text, column), { ok: false, fault });
  }
  const survivals: Readonly<Record<string, string>> = {
    'hours,a\n1,2': 'columns named node_count and timestamp are needed: there are hours, a',
    'node_count,timestamp\n9,5\n8,5': 'line 3, column 2: times must rise',
    'node_count,timestamp\n9,5\nx,6': "line 3, column 1: 'x' is no number, write one of at least 0",
    'node_count,timestamp\n9,5\n8,6': 'survivors must fall, and at least three times be given',
    'node_count,timestamp\n9,5\n9,6\n9,7': 'survivors must fall, and at least three times be given',
  };
  for (const [text, fault] of Object.entries(survivals)) {
    t.deepEqual(parseSurvival(text), { ok: false, fault });
  }
});

/** Rows of numbers below the line of names. */
async function rowsOf(path: string): Promise<readonly (readonly number[])[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const rows = lines.filter((line) => /^\d/.test(line));
  return rows.map((line) => line.split(',').map(Number));
}

async function curveAt(folder: string, text: string): Promise<SessionCurve | undefined> {
  const spec = accepted(parseChurn(text));
  const { churn, materials } = await readMaterials({ type: 'regions' }, spec, folder);
  return 'sha256' in churn && /^[0-9a-f]{64}$/.test(churn.sha256) ? materials.sessions : undefined;
}

const WEEKS = ['2021-W42', '2021-W44', '2021-W49', '2023-W0', '2023-W1', '2023-W2', '2023-W3'];

test('real sessions: IPFS servers, week by week', async (t) => {
  const folder = realData(t);
  if (folder === undefined) return;
  const file = 'churn/ipfs_session_cdf_nebula.csv';
  const rows = await rowsOf(join(folder, file));
  for (const [i, week] of WEEKS.entries()) {
    const sessions = await curveAt(folder, `cdf:${file},column=${week}`);
    if (sessions === undefined) return t.fail(week);
    const points = rows.map((row): [number, number] => [row[0] ?? 0, (row[i + 1] ?? 0) / 100]);
    const cdf = linesThrough([[0, 0], ...points]);
    const drawn = hoursOf(sessions, false);
    const end = points.at(-1)?.[0] ?? 0;
    const distances = distancesTo(sessions);
    t.true(Math.max(...distances) < DISTANCE_MAX, `${week}: ${distances.join(' ')}`);
    const within = drawn.filter((x) => x < end);
    const inside = cdf(end);
    t.true(distanceTo(within, (x) => cdf(x) / inside) < DISTANCE_MAX, week);
    t.true(Math.abs(within.length / DRAWS - inside) < DISTANCE_MAX, week);
  }
  await t.throwsAsync(curveAt(folder, `cdf:${file}`), {
    message: /: it has several columns, choose with column=NAME one of 2021-W42, 2021-W44, /,
  });
});

for (const run of ['128_1', '256_1', '512', '512_2', '512_late']) {
  test(`real survivors: BitTorrent nodes, run ${run}`, async (t) => {
    const folder = realData(t);
    if (folder === undefined) return;
    const file = `churn/mainline_survival_run_${run}.csv`;
    const sessions = await curveAt(folder, `survival:${file}`);
    if (sessions === undefined) return t.fail(file);
    const distances = distancesTo(sessions);
    t.true(Math.max(...distances) < DISTANCE_MAX, distances.join(' '));
    const rest = hoursOf(sessions, true);
    const rows = await rowsOf(join(folder, file));
    const [count = 1, second = 0] = rows[0] ?? [];
    const alive = (seconds: number): number => rest.filter((x) => x * 3600 > seconds).length;
    const most = rows.map(([left = 0, at = 0]) => left / count - alive(at) / alive(second));
    // The counts waver by up to 0.01 about a curve that sessions can make.
    t.true(Math.max(...most.map(Math.abs)) < DISTANCE_MAX + 0.01, `${Math.max(...most)}`);
    t.true(sessions.tailUs > HOUR_US);
  });
}
