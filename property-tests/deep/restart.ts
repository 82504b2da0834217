/**
 * A whole network killed with -9 at once and started again on its disks, all nodes together and so
 * without anybody to join through at first: every acknowledged value is found within a minute of
 * the instant when the last node takes clients. How long they need until then is the machine's, for
 * which so many start at once; it is told with the rest.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { withFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { judge, Ledger } from './ledger.ts';
import { Operations } from './operations.ts';
import type { Report } from './report.ts';

export interface RestartPlan {
  readonly seed: string;
  readonly nodes: number;
  readonly keys: number;
}

export async function restart(
  plan: RestartPlan,
  signal: AbortSignal,
  onProgress: (line: string) => void = () => undefined,
): Promise<Report> {
  const work = async (fleet: Fleet): Promise<Report> => {
    const lines: string[] = [];
    const tell = (line: string): void => {
      lines.push(line);
      onProgress(line);
    };
    const phase = async (name: string, act: () => Promise<unknown>): Promise<void> => {
      const startMs = performance.now();
      await act();
      tell(`${name.padEnd(12)} ${seconds(performance.now() - startMs)}`);
    };
    const ledger = new Ledger();
    const all = Array.from({ length: fleet.size }, (_, node) => node);
    await phase('first start', () => fleet.startAll());
    await phase(`puts`, () => putAll(fleet, plan, ledger));
    await phase('kill -9', () => Promise.all(all.map((node) => fleet.kill(node))));
    const restartedMs = performance.now();
    const { serving, joined } = fleet.startTogether();
    await phase('second start', () => serving);
    const servingMs = performance.now();
    const reading = readAll(fleet, plan, ledger, servingMs + FOUND_MS_MAX);
    await phase('all joined', () => joined);
    const { foundMs, faults } = await reading;
    const sorted = foundMs.toSorted((a, b) => a - b);
    const at = (share: number, sinceMs: number): string =>
      seconds((sorted[Math.floor(share * (sorted.length - 1))] ?? sinceMs) - sinceMs);
    tell(`found        ${foundMs.length} of ${plan.keys} keys`);
    const times = `p50 ${at(0.5, servingMs)}, p99 ${at(0.99, servingMs)}`;
    tell(`after        ${times}, the last ${at(1, servingMs)}`);
    tell(`since start  the last ${at(1, restartedMs)}`);
    const again = await countFound(fleet, plan, ledger);
    tell(`then         ${again} of ${plan.keys} at once through another node`);
    return { lines, faults };
  };
  return await withFleet(plan.nodes, signal, work, ({ faults }) => faults.length === 0);
}

/** @throws when the network does not take what it should */
async function putAll(fleet: Fleet, { seed, keys }: RestartPlan, ledger: Ledger): Promise<void> {
  const operations = new Operations(fleet, seed);
  await inTurn(keys, async (index) => {
    const way = { node: index % fleet.size, lane: 0 };
    for (let tries = 0; tries < PUT_TRIES; tries++) {
      const put = { number: index + tries * keys, size: 32 + ((index * 37) % 2000), ttlS: TTL_S };
      const { outcome, value } = await operations.put(way, nameOf(index), put);
      const sent = ledger.send(nameOf(index), value);
      if (outcome !== 'unknown') sent.outcome = outcome;
      if (outcome === 'acknowledged') return;
    }
    throw new Error(`key ${index} was not acknowledged in ${PUT_TRIES} PUTs`);
  });
  operations.close();
}

interface Reads {
  /** When each key was found. */
  readonly foundMs: number[];
  readonly faults: string[];
}

/** Each key through a node of its turn, again and again until it is found. */
async function readAll(
  fleet: Fleet,
  { seed, keys }: RestartPlan,
  ledger: Ledger,
  untilMs: number,
): Promise<Reads> {
  const operations = new Operations(fleet, seed);
  const reads: Reads = { foundMs: [], faults: [] };
  await inTurn(keys, async (index) => {
    const key = nameOf(index);
    const node = (index * 7 + 1) % fleet.size;
    for (;;) {
      const { outcome, value, returnedMs } = await operations.get({ node, lane: 0 }, key, true);
      const found = judge(ledger.of(key), outcome === 'found' ? value : undefined);
      if (found === 'good' && returnedMs <= untilMs) return void reads.foundMs.push(returnedMs);
      if (found === 'invented' || performance.now() > untilMs) {
        const what = found === 'good' ? 'late' : found;
        return void reads.faults.push(`${what}: key ${key} through node ${node}: ${outcome}`);
      }
      await delay(RETRY_MS);
    }
  });
  operations.close();
  return reads;
}

/** Each key once, through another node than before. */
async function countFound(
  fleet: Fleet,
  { seed, keys }: RestartPlan,
  ledger: Ledger,
): Promise<number> {
  const operations = new Operations(fleet, seed);
  let count = 0;
  await inTurn(keys, async (index) => {
    const way = { node: (index * 7 + 2) % fleet.size, lane: 0 };
    const { outcome, value } = await operations.get(way, nameOf(index), true);
    if (outcome === 'found' && judge(ledger.of(nameOf(index)), value) === 'good') count += 1;
  });
  operations.close();
  return count;
}

/** Some at a time, in the order of their numbers. */
async function inTurn(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const hands = Array.from({ length: HANDS }, async () => {
    while (next < count) await act(next++);
  });
  await Promise.all(hands);
}

function nameOf(index: number): string {
  return `k${index}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

const FOUND_MS_MAX = 60_000;
const RETRY_MS = 200;
const PUT_TRIES = 5;
/** Longer than any run. */
const TTL_S = 65_535;
const HANDS = 16;
