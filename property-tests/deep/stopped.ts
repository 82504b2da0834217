/**
 * A node that is stopped by SIGSTOP for a while and continued, while clients overwrite values
 * through the others and short-lived ones end: it serves nothing that is out of date, neither to
 * requests that waited for it nor to those that come later, and is a node like the others again
 * within seconds.
 *
 * Each stop has a load of its own (`load.ts`), whose history has the reads through the stopped node
 * among the others, and is judged as a whole.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { emptyVerdict, sumOf } from './checker.ts';
import type { Verdict } from './checker.ts';
import { withFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { faultsOf, verdictLines } from './judged.ts';
import { Load } from './load.ts';
import { metricsOf } from './metrics.ts';
import type { Report } from './report.ts';

export interface StoppedPlan {
  readonly seed: string;
  readonly nodes: number;
  /** One stop after another, each of another node. */
  readonly stopsS: readonly number[];
  /** Operations per second through the others. */
  readonly rate: number;
  readonly keys: number;
  /** How soon a node that goes on must be of use again. */
  readonly backMsMax: number;
}

export async function stopped(
  plan: StoppedPlan,
  signal: AbortSignal,
  onProgress: (line: string) => void = () => undefined,
): Promise<Report> {
  const work = async (fleet: Fleet): Promise<Report> => {
    await fleet.startAll();
    const lines: string[] = [];
    const faults: string[] = [];
    let verdict: Verdict = emptyVerdict;
    for (const [turn, stopS] of plan.stopsS.entries()) {
      const node = (turn + 1) % fleet.size;
      const one = await stopOnce(fleet, plan, { turn, node, stopS }, signal);
      const text = `${stopS} s: ${backLine(one)}`;
      lines.push(text);
      onProgress(text);
      faults.push(
        ...backFaults(one, plan.backMsMax).map((fault) => `stop of ${stopS} s: ${fault}`),
      );
      verdict = sumOf(verdict, one.verdict);
    }
    faults.push(...faultsOf(verdict, ['lost']));
    return { lines: [...lines, ...verdictLines(verdict)], faults };
  };
  const isGood = ({ faults }: Report): boolean => faults.length === 0;
  return await withFleet(plan.nodes, signal, work, isGood, { admin: true });
}

interface Stop {
  readonly turn: number;
  readonly node: number;
  readonly stopS: number;
}

export interface Back {
  readonly verdict: Verdict;
  /** Reads that were under way when the node was continued, and how many of them were answered. */
  readonly waited: number;
  readonly answered: number;
  /** From SIGCONT to the first value that a later read found there, in ms. */
  readonly readMs: number;
  /** From SIGCONT until others had it store something. */
  readonly usedMs: number;
  /** Later reads through it, and how many of them returned a value, which might have been stale. */
  readonly reads: number;
  readonly found: number;
}

async function stopOnce(
  fleet: Fleet,
  { seed, rate, keys, backMsMax }: StoppedPlan,
  { turn, node, stopS }: Stop,
  signal: AbortSignal,
): Promise<Back> {
  const lookMs = Math.max(LOOK_MS_MIN, backMsMax);
  const lengthS = BEFORE_S + stopS + lookMs / 1000;
  const load = new Load(fleet, {
    seed: `${seed}/${turn}`,
    lengthS,
    roundS: lengthS,
    rate,
    keys,
    // What is sent to the node while it is stopped ends before it is continued.
    shortTtlS: Math.max(1, Math.floor(stopS / 3)),
  });
  const running = load.run(signal);
  const script = async (): Promise<Omit<Back, 'verdict'>> => {
    await delay(BEFORE_S * 1000, undefined, { signal });
    fleet.stop(node);
    const overwriting = load.overwriteShortLived();
    // What asks for it now waits in buffers; no longer than clients wait.
    const waitS = Math.min(WAITING_S, stopS / 2);
    await delay((stopS - waitS) * 1000, undefined, { signal });
    const waiting = Array.from({ length: keys }, (_, key) => load.read(node, key));
    await delay(waitS * 1000, undefined, { signal });
    fleet.resume(node);
    const contMs = performance.now();
    const [usedMs, later] = await Promise.all([
      untilUsed(fleet, node, contMs + lookMs, signal),
      readOn(load, node, keys, contMs + lookMs, signal),
    ]);
    const answers = await Promise.all(waiting);
    await overwriting;
    return {
      waited: keys,
      answered: answers.filter(({ outcome }) => outcome !== 'unknown').length,
      readMs: later.foundMs - contMs,
      usedMs: usedMs - contMs,
      reads: later.reads,
      found: later.found,
    };
  };
  const [back] = await Promise.all([script(), running]);
  await load.finish(signal);
  return { ...back, verdict: load.verdict };
}

/**
 * Reads all keys through the node, over and over; on a busy machine for longer, until there is
 * enough to judge.
 */
async function readOn(
  load: Load,
  node: number,
  keys: number,
  untilMs: number,
  signal: AbortSignal,
): Promise<{ readonly foundMs: number; readonly reads: number; readonly found: number }> {
  const enoughMs = performance.now() + LOOK_MS_MIN / 2;
  let [foundMs, reads, found] = [Infinity, 0, 0];
  const goesOn = (): boolean => {
    const leftMs = untilMs - performance.now();
    return leftMs > 0 && (found < FOUND_MIN || performance.now() < enoughMs);
  };
  const hands = Array.from({ length: HANDS }, async (_, hand) => {
    for (let key = hand; goesOn(); key = (key + HANDS) % keys) {
      const { outcome, returnedMs } = await load.read(node, key);
      reads += 1;
      if (outcome === 'found') {
        found += 1;
        foundMs = Math.min(foundMs, returnedMs);
      }
      await delay(PAUSE_MS, undefined, { signal });
    }
  });
  await Promise.all(hands);
  return { foundMs, reads, found };
}

/**
 * When the node is asked to store something, in ms; what waited in its buffers is taken in before
 * it says anything, and does not count.
 */
async function untilUsed(
  fleet: Fleet,
  node: number,
  untilMs: number,
  signal: AbortSignal,
): Promise<number> {
  const at = formatEndpoint(fleet.admin(node));
  const stores = async (): Promise<number> =>
    (await metricsOf(at))('messages_total{way="in",kind="store"}');
  let before: number | undefined;
  while (performance.now() < untilMs) {
    // An answer may be late where much waits for the node.
    const seen = await stores().catch(() => undefined);
    if (seen !== undefined && seen > (before ?? seen)) return performance.now();
    before ??= seen;
    await delay(PAUSE_MS, undefined, { signal });
  }
  return Infinity;
}

function backLine({ waited, answered, readMs, usedMs, reads, found }: Back): string {
  const [read = '', used = ''] = [readMs, usedMs].map((ms) => `${(ms / 1000).toFixed(2)} s`);
  const held = `${answered} of ${waited} waiting reads answered`;
  const later = `${found} of ${reads} later reads found a value`;
  return `${held}, found again after ${read}, stored to after ${used}, ${later}`;
}

export function backFaults(
  { readMs, usedMs, found }: Omit<Back, 'verdict'>,
  backMsMax: number,
): string[] {
  const faults: string[] = [];
  if (readMs > backMsMax) faults.push(`nothing was found there for ${readMs} ms`);
  if (usedMs > backMsMax) faults.push(`nobody had it store anything for ${usedMs} ms`);
  // That nothing stale was served says nothing when nothing was served.
  if (found < FOUND_MIN) faults.push(`too few reads to judge: ${found} found a value there`);
  return faults;
}

const BEFORE_S = 3;
const LOOK_MS_MIN = 8000;
/** Clients give up a few seconds later. */
const WAITING_S = 5;
/** Later reads with a value; an idle machine does some hundred. */
const FOUND_MIN = 10;
const HANDS = 4;
const PAUSE_MS = 50;
