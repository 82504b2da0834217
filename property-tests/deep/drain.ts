/**
 * Clean stops under load: clients put and get without a pause through all nodes while one node
 * after another gets SIGTERM, and is started again on its disk or stays away. A stop is in order
 * when the process ends in time with exit code 0; nothing that any node acknowledged may be lost by
 * it, and in the end every key has its replicas on disks of nodes that are still there.
 *
 * Each client has keys of its own and does one thing at a time, so what a key may hold is known
 * (`ledger.ts`). A request without an answer is unknown and never counts as a success.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog } from '../../runtime/log.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import { Chance } from './chance.ts';
import { digestOf, Door, keyOf, valueOf } from './door.ts';
import { keepRecords } from './ending.ts';
import { withFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { judge, Ledger } from './ledger.ts';

export interface DrainPlan {
  readonly seed: string;
  readonly nodes: number;
  /** SIGTERMs, one after another. */
  readonly stops: number;
  /** Whether a node that was stopped is started again; if not, three must be left. */
  readonly restart: boolean;
  readonly clients: number;
  /** Of load between two stops, in ms. */
  readonly betweenMs: number;
}

export interface DrainReport {
  readonly stops: number;
  readonly slowestMs: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly failed: number;
  readonly gets: number;
  /** GETs that found nothing where something was acknowledged: asked again, it must be there. */
  readonly missed: number;
  readonly keys: number;
  /** Of the keys that were acknowledged: how many have so many replicas, by their number. */
  readonly replicas: readonly number[];
  readonly faults: readonly string[];
}

/** @throws when a node cannot be started or ends by itself, or the signal ends the run */
export async function drain(
  plan: DrainPlan,
  signal: AbortSignal,
  onStop: (stops: number) => void = () => undefined,
): Promise<DrainReport> {
  const run = async (fleet: Fleet): Promise<DrainReport> => {
    await fleet.startAll();
    return await new Drain(fleet, plan).run(signal, onStop);
  };
  return await withFleet(plan.nodes, signal, run, ({ faults }) => faults.length === 0);
}

export function drainLine(report: DrainReport): string {
  const { stops, slowestMs, acknowledged, unknown, failed, gets, missed, keys } = report;
  const counts = report.replicas.map((count, replicas) => `${count} with ${replicas}`);
  return (
    `${stops} stops, the slowest took ${(slowestMs / 1000).toFixed(2)} s; ` +
    `puts: ${acknowledged} acknowledged, ${unknown} unknown, ${failed} failed; ` +
    `gets: ${gets}, ${missed} missed; ` +
    `keys: ${keys}, ${counts.filter((text) => !text.startsWith('0 ')).join(', ')} replicas; ` +
    `${report.faults.length} faults`
  );
}

class Drain {
  readonly #fleet: Fleet;
  readonly #plan: DrainPlan;
  readonly #ledger = new Ledger();
  readonly #faults: string[] = [];
  readonly #counts = { acknowledged: 0, unknown: 0, failed: 0, gets: 0, missed: 0 };
  #stops = 0;
  #slowestMs = 0;
  #isOver = false;

  constructor(fleet: Fleet, plan: DrainPlan) {
    this.#fleet = fleet;
    this.#plan = plan;
  }

  async run(signal: AbortSignal, onStop: (stops: number) => void): Promise<DrainReport> {
    const { seed, clients } = this.#plan;
    const load = Array.from({ length: clients }, (_, client) => this.#client(client));
    try {
      await this.#stopAll(signal, onStop);
    } finally {
      this.#isOver = true;
      await Promise.all(load);
    }
    await this.#readAll();
    const replicas = await this.#countReplicas();
    if (this.#counts.acknowledged === 0) this.#faults.push('nothing was acknowledged');
    if (this.#faults.length > 0) {
      const { keys } = this.#ledger;
      const sent = keys.map((key) => ({ key, sent: this.#ledger.of(key) }));
      this.#faults.push(`what was sent is in ${await keepRecords(`drain-${seed}`, sent)}`);
    }
    return {
      ...this.#counts,
      stops: this.#stops,
      slowestMs: this.#slowestMs,
      keys: this.#acknowledged.length,
      replicas,
      faults: this.#faults,
    };
  }

  async #stopAll(signal: AbortSignal, onStop: (stops: number) => void): Promise<void> {
    const { stops, betweenMs, restart, nodes, seed } = this.#plan;
    const chance = new Chance(seed, 0);
    for (let stop = 0; stop < stops; stop++) {
      await delay(betweenMs, undefined, { signal });
      // Any of them when they come back; else one that is still there.
      const node = restart ? stop % nodes : chance.pick(this.#fleet.those('up'));
      if (node === undefined) return;
      const sentAt = performance.now();
      const { code, signal: killed, stderr } = await this.#fleet.terminate(node);
      const tookMs = performance.now() - sentAt;
      this.#slowestMs = Math.max(this.#slowestMs, tookMs);
      this.#stops += 1;
      if (code !== 0 || tookMs > STOP_MS_MAX) {
        const how = killed ?? `exit code ${code ?? 'unknown'}`;
        this.#faults.push(`node ${node} ended with ${how} after ${tookMs} ms: ${stderr.trim()}`);
      }
      if (restart) await this.#fleet.start(node);
      onStop(this.#stops);
    }
    await delay(betweenMs, undefined, { signal });
  }

  /** Puts under its own keys, now and then one of them anew, and reads them back, elsewhere. */
  async #client(client: number): Promise<void> {
    const chance = new Chance(this.#plan.seed, 1 + client);
    const doors = Array.from(
      { length: this.#fleet.size },
      (_, at) => new Door(this.#fleet.api(at)),
    );
    const mine: string[] = [];
    for (let sent = 0; !this.#isOver; sent++) {
      const door = doors[chance.pick(this.#fleet.those('up')) ?? 0];
      if (door === undefined) break;
      const name = `${this.#plan.seed}/${client}/${sent}`;
      const isRead = mine.length > 0 && chance.percent(50);
      const again = mine.length > 0 && chance.percent(30);
      const key = isRead || again ? (chance.pick(mine) ?? name) : name;
      if (isRead) await this.#get(door, key);
      else {
        if (!again) mine.push(key);
        await this.#put(door, key, valueOf(name, chance.between(32, 2000)));
      }
    }
    await Promise.all(doors.map((door) => door.close()));
  }

  async #put(door: Door, key: string, value: Buffer): Promise<void> {
    const sent = this.#ledger.send(key, digestOf(value));
    const more = { ttlS: TTL_S, replication: REPLICAS };
    const { outcome, answered } = await door.put(keyOf(key), value, more);
    if (outcome !== 'unknown') sent.outcome = outcome;
    this.#counts[outcome] += 1;
    // Nobody listens there any more.
    if (!answered) await delay(RETRY_MS);
  }

  async #get(door: Door, key: string): Promise<void> {
    const answer = await door.get(keyOf(key));
    this.#counts.gets += 1;
    if (answer.outcome === 'unknown') {
      await delay(RETRY_MS);
      return;
    }
    const value = answer.outcome === 'found' ? answer.value : undefined;
    const judgement = judge(this.#ledger.of(key), value);
    if (judgement === 'lost') this.#counts.missed += 1;
    if (judgement === 'invented') this.#faults.push(`invented: key ${key}: ${value ?? ''}`);
  }

  get #acknowledged(): readonly string[] {
    const { keys } = this.#ledger;
    return keys.filter((key) =>
      this.#ledger.of(key).some(({ outcome }) => outcome === 'acknowledged'),
    );
  }

  /** Every key through two of the nodes that are there, in the end. */
  async #readAll(): Promise<void> {
    const up = this.#fleet.those('up');
    const doors = up.map((node) => new Door(this.#fleet.api(node)));
    const rest = [...this.#acknowledged.entries()];
    const readers = Array.from({ length: READERS }, async () => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
        const [at, key] = next;
        for (const index of [at, at + 1]) await this.#readBack(doors[index % doors.length], key);
      }
    });
    await Promise.all(readers);
    await Promise.all(doors.map((door) => door.close()));
  }

  async #readBack(door: Door | undefined, key: string): Promise<void> {
    const untilMs = performance.now() + HEAL_MS_MAX;
    for (;;) {
      const answer = (await door?.get(keyOf(key))) ?? { outcome: 'unknown' };
      const value = answer.outcome === 'found' ? answer.value : undefined;
      const isKnown = answer.outcome !== 'unknown';
      const judgement = isKnown ? judge(this.#ledger.of(key), value) : 'unanswered';
      if (judgement === 'good') return;
      if (performance.now() > untilMs || this.#faults.length >= FAULTS_MAX) {
        this.#faults.push(`${judgement}: key ${key}: ${value ?? 'none'}`);
        return;
      }
      await delay(RETRY_MS);
    }
  }

  /** On the disks of the nodes that are there, which end for that, all at once. */
  async #countReplicas(): Promise<readonly number[]> {
    const up = this.#fleet.those('up');
    await Promise.all(up.map((node) => this.#fleet.kill(node)));
    const disks = await Promise.all(
      up.map((node) => openDisk(this.#fleet.dataDir(node), silentLog)),
    );
    const counts = Array.from({ length: up.length + 1 }, () => 0);
    for (const key of this.#acknowledged) {
      const sent = this.#ledger.of(key);
      const good = disks.filter((disk) => {
        const stored = disk.read(keyOf(key));
        return stored !== undefined && judge(sent, digestOf(stored.envelope.value)) === 'good';
      });
      counts[good.length] = (counts[good.length] ?? 0) + 1;
      if (good.length < REPLICAS_MIN) {
        this.#faults.push(`key ${key} has ${good.length} replicas on ${up.length} disks`);
      }
    }
    await Promise.all(disks.map((disk) => disk.close()));
    return counts;
  }
}

const REPLICAS = 3;
/** A majority, with which a PUT is acknowledged; repair brings the third. */
const REPLICAS_MIN = 2;
/**
 * Ten seconds of the node's own clock, after which it kills itself (stopping.test.ts holds it to
 * them), and half as many for a machine that is busy, where signals, timers and exits come late.
 */
const STOP_MS_MAX = 15_000;
const HEAL_MS_MAX = 10_000;
const RETRY_MS = 50;
const READERS = 16;
const FAULTS_MAX = 10;
const TTL_S = 65_535;
