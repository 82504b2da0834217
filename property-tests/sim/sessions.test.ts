/**
 * Sessions and absences as a run lives through them, not as they are drawn: 20,000 of each against
 * their law (Kolmogorov-Smirnov), and those met under way at the start against the law of what is
 * left of them.
 *
 * The run is one part of a divided simulation to which only the first place belongs: all others
 * come and go in it as they do everywhere, and cost nothing. That a run in one piece sees the same
 * is a test of its own.
 */
import test from 'ava';
import { parseSessionCdf } from '../../sim/churn/cdf.ts';
import type { SessionCurve } from '../../sim/churn/session-curve.ts';
import { parseSurvival } from '../../sim/churn/survival.ts';
import { sha256 } from '../../sim/main.ts';
import type { Materials } from '../../sim/materials.ts';
import type { ChurnSpec, SimOptions } from '../../sim/options.ts';
import { WHOLE, type Part } from '../../sim/population.ts';
import { Run } from '../../sim/run/run.ts';
import type { Task } from '../../sim/task.ts';
import { World } from '../../sim/world.ts';
import { curveLaw, DISTANCE_MAX, distanceTo, DRAWS, equilibriumOf, HOUR_US } from './laws-kit.ts';
import type { Cdf } from './laws-kit.ts';
import { smallOptions } from './sim-kit.ts';

/** More places than sessions are looked at, as some begin their first one too late. */
const PLACES = 24_000;

/** For so long the node of a place was online, or away; `to` is Infinity when it still is. */
interface Stay {
  readonly slot: number;
  readonly online: boolean;
  readonly from: number;
  readonly to: number;
}

class LoggedRun extends Run {
  /** By slot, one after the other. */
  readonly stays = new Map<number, Stay[]>();

  constructor(options: SimOptions, materials: Materials, part: Part) {
    super(options, { materials, hooks: { hash: sha256 }, part }, (parts) => new World(parts));
    this.start();
    while (!this.ended) {
      const at = this.turnAfter(this.world.nextAt);
      while (this.advanceBefore(at));
      this.turn(at, [this.takeFacts()]);
    }
  }

  override onTask(task: Task): void {
    super.onTask(task);
    if (task.type === 'churn') {
      for (let slot = 0; slot < this.options.nodes; slot++) this.#log(slot);
    } else if (task.type === 'depart' || task.type === 'return') {
      this.#log(task.slot);
    }
  }

  #log(slot: number): void {
    const { population, now } = this.world;
    const online = population.isOnline(population.occupants[slot] ?? 0);
    const stays = this.stays.get(slot) ?? [];
    const last = stays.pop();
    if (last !== undefined) stays.push(last.online === online ? last : { ...last, to: now });
    if (last?.online !== online) stays.push({ slot, online, from: now, to: Infinity });
    this.stays.set(slot, stays);
  }

  /** The stays that began while it was measured; a run goes on until all operations have ended. */
  measured(): readonly (readonly Stay[])[] {
    const { measureTo } = this;
    return [...this.stays.values()].map((stays) =>
      stays
        .filter(({ from }) => from < measureTo)
        .map((stay) => ({ ...stay, to: stay.to < measureTo ? stay.to : Infinity })),
    );
  }
}

function logOf(churn: ChurnSpec, durationMs: number, materials: Materials): LoggedRun {
  const options = { ...smallOptions, nodes: PLACES, durationMs, churn, seed: 'sessions' };
  return new LoggedRun(options, materials, { index: 0, count: PLACES });
}

/** A law of sessions or absences, and of what is left of them, in a unit of time. */
interface Law {
  readonly unitUs: number;
  readonly whole: Cdf;
  readonly rest: Cdf;
}

/**
 * How far 20,000 stays are from their laws: those under way at the start, and the first whole one
 * of each place that begins before `fromMs`; what lasts longer than to the end is not known.
 */
function distances(run: LoggedRun, online: boolean, law: Law, fromMs: number): readonly number[] {
  const endUs = run.options.durationMs * 1000;
  const stays = [...run.stays.values()];
  const first = stays.flatMap(([stay]) => (stay?.online === online ? [stay] : []));
  const whole = stays.flatMap(([, ...later]) => {
    const stay = later.find((each) => each.online === online);
    return stay !== undefined && stay.from < fromMs * 1000 ? [stay] : [];
  });
  const distance = (all: readonly Stay[], cdf: Cdf, knownUs: number): number => {
    const looked = all.slice(0, DRAWS);
    const lengths = looked.map(({ from, to }) => to - from).filter((us) => us < knownUs);
    const ofLaw = distanceTo(
      lengths.map((us) => us / law.unitUs),
      cdf,
      looked.length,
    );
    const ended = lengths.length / looked.length;
    return Math.max(ofLaw, Math.abs(ended - cdf(knownUs / law.unitUs)));
  };
  const few = Math.sqrt(Math.min(1, first.length / DRAWS));
  if (whole.length < DRAWS) throw new Error(`only ${whole.length} whole ones`);
  return [
    distance(first, law.rest, endUs) * few,
    distance(whole, law.whole, endUs - fromMs * 1000),
    distance(whole, law.rest, endUs - fromMs * 1000),
  ];
}

function exponential(meanMs: number): Law {
  const cdf: Cdf = (x) => 1 - Math.exp(-x);
  return { unitUs: meanMs * 1000, whole: cdf, rest: cdf };
}

/** Weibull of shape 1/2, whose equilibrium has a closed form. */
function weibull(scaleMs: number): Law {
  const whole: Cdf = (x) => 1 - Math.exp(-Math.sqrt(x));
  const rest: Cdf = (x) => 1 - (1 + Math.sqrt(x)) * Math.exp(-Math.sqrt(x));
  return { unitUs: scaleMs * 1000, whole, rest };
}

function ofCurve(sessions: SessionCurve): Law {
  const whole = curveLaw(sessions);
  const end = ((sessions.timesUs.at(-1) ?? 0) + 12 * sessions.tailUs) / HOUR_US;
  const rest = equilibriumOf((x) => 1 - whole(x), end, 20_000);
  return { unitUs: HOUR_US, whole, rest };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

test('exponential: sessions and absences of a run follow their laws', (t) => {
  const [meanOnMs, meanOffMs] = [10 * MINUTE_MS, 4 * MINUTE_MS];
  const run = logOf({ type: 'exponential', meanOnMs, meanOffMs }, 70 * MINUTE_MS, {});
  const on = distances(run, true, exponential(meanOnMs), 40 * MINUTE_MS);
  const off = distances(run, false, exponential(meanOffMs), 40 * MINUTE_MS);
  for (const distance of [...on, ...off]) t.true(distance < DISTANCE_MAX, String(distance));
  // The test can tell: a mean that is 5 % off is seen.
  const other = distances(run, true, exponential(1.05 * meanOnMs), 40 * MINUTE_MS);
  t.true(Math.min(...other) > DISTANCE_MAX);
});

test('Weibull: sessions of a run follow their law, whole ones and those under way', (t) => {
  const scaleMs = 10 * MINUTE_MS;
  const spec = { type: 'weibull', on: { scaleMs, shape: 0.5 }, off: null } as const;
  const run = logOf(spec, 24 * scaleMs, {});
  const [first = 1, whole = 1, mistaken = 0] = distances(run, true, weibull(scaleMs), 16 * scaleMs);
  t.true(first < DISTANCE_MAX && whole < DISTANCE_MAX, `${first}, ${whole}`);
  t.true(mistaken > 0.1, 'what is left is not a whole session');
  const stays = [...run.stays.values()].flat();
  t.true(
    stays.every(({ online, from, to }) => online || to === from),
    'replaced at once',
  );
});

const CDF = 'hours,week\n1,40\n2,40\n4,90\n10,100\n';

/** Survivors of 100,000 nodes by half minutes: (1 + x / 9) ** -3 after x hours. */
function survivors(): string {
  const rows = Array.from({ length: 24 * 72 }, (_, i) => i + 1);
  const left = (hours: number): number => Math.round(100_000 * (1 + hours / 9) ** -3);
  return ['node_count,timestamp', ...rows.map((row) => `${left(row / 24)},${row * 150}`)].join(
    '\n',
  );
}

const curves = [
  { type: 'cdf', parsed: parseSessionCdf(CDF, null), hours: 17, fromHours: 8 },
  { type: 'survival', parsed: parseSurvival(survivors()), hours: 36, fromHours: 14 },
] as const;

for (const { type, parsed, hours, fromHours } of curves) {
  test(`${type}: sessions of a run follow the curve, whole ones and those under way`, (t) => {
    if (!parsed.ok) return t.fail(parsed.fault);
    const sessions = parsed.value;
    const file = { file: 'made here', sha256: '' };
    const spec = type === 'cdf' ? { type, ...file, column: null } : { type, ...file };
    const run = logOf(spec, hours * HOUR_MS, { sessions });
    const law = ofCurve(sessions);
    const [first = 1, whole = 1, mistaken = 0] = distances(run, true, law, fromHours * HOUR_MS);
    t.true(first < DISTANCE_MAX && whole < DISTANCE_MAX, `${first}, ${whole}`);
    t.true(mistaken > 0.05, 'what is left is not a whole session');
  });
}

test('a run in one piece sees the same nodes come and go', (t) => {
  const nodes = 40;
  const churn = { type: 'exponential', meanOnMs: 30_000, meanOffMs: 10_000 } as const;
  const options = { ...smallOptions, nodes, churn, durationMs: 200_000, lookups: 100 };
  for (const departure of ['crash', 'leave'] as const) {
    const given = { ...options, departure };
    const part = new LoggedRun(given, {}, { index: 0, count: nodes });
    const whole = new LoggedRun(given, {}, WHOLE);
    t.deepEqual(whole.measured(), part.measured());
    const sessions = [...whole.stays.values()].flatMap(([, ...later]) => later);
    t.is(whole.world.measures.sessions, sessions.filter(({ online }) => online).length);
    t.true(sessions.length > nodes);
    t.true(whole.world.measures.counts.messages > part.world.measures.counts.messages);
  }
});
