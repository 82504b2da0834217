/**
 * Attackers in processes of their own, at a low priority, so that what they cost is not taken
 * for what the node costs. `raider.ts` is the program; orders go over the channel, and a raider
 * ends when this process does.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Raids } from './raider.ts';
import { onStarted } from './started.ts';

/** What a raid is told; nothing of itself when it needs none. */
type OrderOf<N extends keyof Raids> = Parameters<Raids[N]> extends [infer O] ? O : object;
type OutcomeOf<N extends keyof Raids> = Awaited<ReturnType<Raids[N]>>;

export class Raider {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, (answer: Answer) => void>();
  readonly #onEnd: () => void;
  #asked = 0;

  constructor(niceness = NICENESS) {
    this.#onEnd = onStarted(this.end);
    const program = fileURLToPath(new URL('./raider.js', import.meta.url));
    const line = ['-n', String(niceness), process.execPath, program];
    this.#child = spawn('nice', line, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message) => {
      const answer = message as Answer;
      this.#open.get(answer.number)?.(answer);
      this.#open.delete(answer.number);
    });
    this.#child.on('exit', () => {
      for (const [number, answer] of this.#open) answer({ number, fault: 'the raider is gone' });
      this.#open.clear();
    });
  }

  ask<N extends keyof Raids>(raid: N, order: OrderOf<N>): Promise<OutcomeOf<N>> {
    return new Promise((resolve, reject) => {
      this.#asked += 1;
      this.#open.set(this.#asked, ({ outcome, fault }) => {
        if (fault === undefined) resolve(outcome as OutcomeOf<N>);
        else reject(new Error(`${raid}: ${fault}`));
      });
      this.#child.send({ number: this.#asked, raid, order }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  readonly end = (): Promise<void> => {
    this.#onEnd();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once('exit', () => {
        resolve();
      });
      this.#child.kill('SIGKILL');
    });
  };
}

/** Raids with one raider, which is gone afterwards with all its connections. */
export async function raid<T>(
  work: (raider: Raider) => Promise<T>,
  niceness = NICENESS,
): Promise<T> {
  const raider = new Raider(niceness);
  try {
    return await work(raider);
  } finally {
    await raider.end();
  }
}

interface Answer {
  readonly number: number;
  readonly outcome?: unknown;
  readonly fault?: string;
}

/** Well behind nodes and honest clients, but before what idles on this machine at the lowest. */
const NICENESS = 10;
