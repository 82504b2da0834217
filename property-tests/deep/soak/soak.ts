/**
 * Hours of a real network under load and churn: does anything grow, is anything wrong? What is
 * sampled and judged on the way is appended to a file as lines of JSON; the report is made of what
 * there is, also when the run is cut short. Node runs with what the unit in deploy/ says to it.
 */
import { appendFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { unitCommand } from '../../unit.ts';
import { whyOf } from '../ending.ts';
import { withFleet } from '../fleet.ts';
import type { Fleet, FleetOptions } from '../fleet.ts';
import { Load } from '../load.ts';
import { Churn } from './churn.ts';
import type { SoakPlan } from './plan.ts';
import { replayed } from './replayed.ts';
import { reportOf } from './report.ts';
import type { SoakReport } from './report.ts';
import { Sampler } from './sampler.ts';
import { medianOf } from './slopes.ts';
import { Words } from './words.ts';

/** @param out is appended to */
export async function soak(
  plan: SoakPlan,
  out: string,
  signal: AbortSignal,
  onProgress: (line: string) => void = () => undefined,
): Promise<SoakReport> {
  await mkdir(dirname(out), { recursive: true });
  const recording = join(await mkdtemp(`${resolve(out)}-`), 'node.orrec');
  const note = (type: string, one: object): void => {
    appendFileSync(out, `${JSON.stringify({ type, ...one })}\n`);
  };
  const { nodeArguments, environment } = await unitCommand();
  const launch = { nodeArguments, environment };
  note('plan', { ...plan, ...launch, recording, at: new Date().toISOString() });
  const words = new Words();
  const recorded = ['--record', recording, '--record-size', RECORDING_SIZE];
  const options: FleetOptions = {
    admin: true,
    logLevel: 'warn',
    launch,
    argumentsOf: (node) => ['--k', `${plan.k}`, ...(node === RECORDER ? recorded : [])],
    onEnding: (node, pid, ending) => {
      words.take(node, ending);
      const { code, signal: by, stderr } = ending;
      note('ending', { node, pid, code, signal: by, stderr });
    },
  };
  const runs: Run[] = [];
  let broken: string | undefined;
  try {
    const work = async (fleet: Fleet): Promise<void> => {
      const run = new Run(fleet, plan, note, onProgress);
      runs.push(run);
      await run.toEnd(signal);
    };
    await withFleet(plan.nodes, signal, work, () => true, options);
  } catch (error) {
    broken = whyOf(error);
  }
  if (signal.aborted) broken ??= whyOf(signal.reason);
  const [run] = runs;
  if (run === undefined) throw new Error(broken);
  onProgress(signal.aborted ? 'cut short' : `replaying ${recording} ...`);
  const report = reportOf({
    plan,
    load: run.load,
    sampler: run.sampler,
    churn: run.churn,
    words,
    // What has broken off is as short as it is.
    replayed: signal.aborted
      ? undefined
      : await replayed(recording, broken === undefined ? plan.lengthS : 0),
    broken,
  });
  note('report', report.data);
  return { ...report, lines: [...report.lines, `recording   ${recording}`, `samples     ${out}`] };
}

class Run {
  readonly load: Load;
  readonly churn: Churn;
  readonly sampler: Sampler;
  readonly #fleet: Fleet;
  readonly #plan: SoakPlan;
  readonly #onProgress: (line: string) => void;

  constructor(
    fleet: Fleet,
    plan: SoakPlan,
    note: (type: string, one: object) => void,
    onProgress: (line: string) => void,
  ) {
    this.#fleet = fleet;
    this.#plan = plan;
    this.#onProgress = onProgress;
    this.load = new Load(fleet, plan, (round, { puts, gets, rules, lostAs, findings }) => {
      const texts = findings.map(({ rule, text }) => `${rule}: ${text}`);
      note('round', { round, puts, gets, rules, lostAs, findings: texts });
    });
    this.churn = new Churn(fleet, plan);
    this.sampler = new Sampler(fleet, plan, (sample) => {
      note('sample', sample);
    });
  }

  async toEnd(signal: AbortSignal): Promise<void> {
    await this.#fleet.startAll();
    this.#onProgress(`${this.#plan.nodes} nodes are up`);
    const over = new AbortController();
    try {
      await this.#work(AbortSignal.any([signal, over.signal]));
    } finally {
      // What one part has broken off ends the others as well.
      over.abort();
    }
    await this.#fleet.endCleanly(RECORDER);
  }

  async #work(signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const sampling = this.sampler.run(AbortSignal.any([signal, enough.signal]), (pass) => {
      if ((pass * this.#plan.sampleMs) % PROGRESS_MS === 0) this.#onProgress(this.#soFar());
    });
    const churning = this.churn.run(signal);
    await Promise.race([this.load.run(signal), churning]);
    this.churn.end();
    await churning;
    await this.load.finish(signal);
    enough.abort();
    await sampling;
  }

  #soFar(): string {
    const { load, churn, sampler } = this;
    const last = sampler.last();
    const mib = (values: readonly number[]): string => (medianOf(values) / 1024 ** 2).toFixed(1);
    const violations = Object.entries(load.verdict.rules)
      .map(([rule, tally]) => `${tally.violations} ${rule}`)
      .join(', ');
    const { kills, terminations, wiped } = churn.counts;
    return [
      `${((last[0]?.atS ?? 0) / 60).toFixed(0)} min`,
      `${load.done} operations, ${load.inFlight} in flight, ${violations}`,
      `RSS ${mib(last.map(({ resident }) => resident))} MiB`,
      `heap ${mib(last.map(({ heap }) => heap))} MiB`,
      `${medianOf(last.map(({ descriptors }) => descriptors))} descriptors`,
      `event loops ${medianOf(last.map(({ lagMs }) => lagMs)).toFixed(0)} ms late`,
      `${medianOf(last.map(({ records }) => records))} records`,
      `${kills} kills, ${terminations} stops, ${wiped} wiped`,
      `${this.#fleet.those('up').length} up`,
    ].join('; ');
  }
}

/** One of those that live all the time. */
const RECORDER = 1;
const RECORDING_SIZE = '4GiB';
const PROGRESS_MS = 60_000;
