/**
 * One network that is treated with kill -9 while it writes: a burst of PUT CHECKED, one node killed
 * at an instant of its first 200 ms (or, in half of the cycles, of those after the first answer),
 * the node started again on its disk, and everything that was acknowledged read back.
 *
 * With one node a single wrong answer is a fault. With three, a node that has just come back may
 * not be known to the others yet, so an answer may become right within `HEAL_MS_MAX`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from './chance.ts';
import { Door, digestOf, keyOf, valueOf } from './door.ts';
import type { Fleet } from './fleet.ts';
import { judge, Ledger } from './ledger.ts';

/** Added to by all lanes of a run. */
export interface Counts {
  cycles: number;
  acknowledged: number;
  unknown: number;
  failed: number;
  /** Answers that were judged. */
  reads: number;
  /** Of these, the ones that were right only after a while. */
  late: number;
}

export class Lane {
  /** What went wrong so far. */
  readonly faults: string[] = [];
  readonly #fleet: Fleet;
  readonly #chance: Chance;
  readonly #name: string;
  readonly #counts: Counts;
  readonly #doors: readonly Door[];
  readonly #ledger = new Ledger();
  readonly #touched = new Set<string>();
  #sent = 0;

  constructor(fleet: Fleet, seed: string, number: number, counts: Counts) {
    this.#fleet = fleet;
    this.#chance = new Chance(seed, number);
    this.#name = `${seed}/${number}`;
    this.#counts = counts;
    this.#doors = Array.from({ length: fleet.size }, (_, node) => new Door(fleet.api(node)));
  }

  async cycle(): Promise<void> {
    const victim = this.#chance.between(0, this.#fleet.size - 1);
    const killAfterMs = this.#chance.between(0, BURST_MS_MAX);
    const waits = this.#chance.percent(50);
    const burst: Burst = { isOver: false, onAnswer: () => undefined };
    const answered = new Promise<void>((resolve) => {
      burst.onAnswer = resolve;
    });
    this.#touched.clear();
    const writers = Array.from({ length: WRITERS }, (_, writer) => this.#write(writer, burst));
    // On a slow machine the first answer may come later than all the rest of a burst.
    if (waits) await answered;
    await delay(killAfterMs);
    const dead = this.#fleet.kill(victim);
    burst.isOver = true;
    await Promise.all([dead, ...writers]);
    // When all that was asked was answered, nobody has noticed that the connection is gone.
    await this.#doors[victim]?.close();
    await this.#fleet.start(victim);
    const { keys } = this.#ledger;
    const older = Array.from({ length: OLDER_READ }, () => this.#chance.pick(keys) ?? '');
    await this.#readBack([...this.#touched, ...older.filter((key) => key !== '')]);
  }

  async readAll(): Promise<void> {
    await this.#readBack(this.#ledger.keys);
  }

  /** All that was sent, key by key. */
  records(): readonly object[] {
    return this.#ledger.keys.map((key) => ({ key, sent: this.#ledger.of(key) }));
  }

  close(): void {
    for (const door of this.#doors) void door.close();
  }

  /** One of many at once: half of what it puts is new, the rest replaces what it put before. */
  async #write(writer: number, burst: Readonly<Burst>): Promise<void> {
    const door = this.#doors[writer % this.#doors.length];
    while (door !== undefined && !burst.isOver) {
      const name = `${this.#name}/${this.#sent++}`;
      const again = this.#chance.percent(50);
      const key = again ? `${this.#name}/w${writer}.${this.#chance.between(0, 3)}` : name;
      const large = this.#chance.percent(3);
      const value = valueOf(name, this.#chance.between(32, large ? 60_000 : 4000));
      const sent = this.#ledger.send(key, digestOf(value));
      this.#touched.add(key);
      const { outcome } = await door.put(keyOf(key), value, { ttlS: TTL_S });
      burst.onAnswer();
      if (outcome === 'unknown') this.#counts.unknown += 1;
      else {
        sent.outcome = outcome;
        this.#counts[outcome] += 1;
      }
    }
  }

  async #readBack(keys: readonly string[]): Promise<void> {
    const rest = [...keys];
    const readers = Array.from({ length: READERS }, async () => {
      let key = rest.pop();
      while (key !== undefined && this.faults.length < FAULTS_MAX) {
        await this.#read(key);
        key = rest.pop();
      }
    });
    await Promise.all(readers);
  }

  async #read(key: string): Promise<void> {
    const node = this.#chance.between(0, this.#doors.length - 1);
    const alone = this.#doors.length === 1;
    const untilMs = performance.now() + (alone ? 0 : HEAL_MS_MAX);
    this.#counts.reads += 1;
    for (let tries = 0; ; tries++) {
      const answer = await this.#doors[node]?.get(keyOf(key));
      const isKnown = answer !== undefined && answer.outcome !== 'unknown';
      const found = answer?.outcome === 'found' ? answer.value : undefined;
      const judgement = isKnown ? judge(this.#ledger.of(key), found) : 'unanswered';
      if (judgement === 'good') {
        if (tries > 0) this.#counts.late += 1;
        if (alone && found !== undefined) this.#ledger.confirm(key, found);
        return;
      }
      if (judgement === 'invented' || performance.now() >= untilMs) {
        const sent = JSON.stringify(this.#ledger.of(key));
        this.faults.push(
          `${judgement}: key ${key} through node ${node}: ${found ?? 'none'}; ${sent}`,
        );
        return;
      }
      await delay(RETRY_MS);
    }
  }
}

interface Burst {
  isOver: boolean;
  onAnswer: () => void;
}

const BURST_MS_MAX = 200;
const WRITERS = 48;
const READERS = 32;
/** Keys of earlier cycles that are read again in each cycle. */
const OLDER_READ = 50;
/** The longest that a PUT can say; no run takes so long. */
const TTL_S = 65_535;
const HEAL_MS_MAX = 10_000;
const RETRY_MS = 100;
/** After so many a network is read no further. */
const FAULTS_MAX = 10;
