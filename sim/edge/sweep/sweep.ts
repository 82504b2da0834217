/**
 * A sweep from its plan to its folder: what is there already stays, a runner makes what is missing.
 *
 * Invariants: sweep.json is true of the folder at its beginning, about every five seconds and at
 * its end, however it ends; a result that is there and whole is not made again; a cell that failed
 * is tried again by the next run.
 */

import type { Cell } from './cell.ts';
import type { CellEntry, SweepFolder, SweepIndex } from './folder.ts';
import type { Runner } from './local.ts';
import type { Plan } from './plan.ts';

export interface SweepRun {
  readonly plan: Plan;
  readonly version: string;
  readonly folder: SweepFolder;
  readonly runner: Runner;
  /** Aborted when the sweep is to stop. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SweepProgress) => void;
}

export interface SweepProgress {
  /** Of the work that this run began with, 0 to 1. */
  readonly share: number;
  /** Cells that this run has finished. */
  readonly finished: number;
  /** In words, such as how many are running. */
  readonly words: string;
}

export interface SweepOutcome {
  readonly index: SweepIndex;
  /** Cells that were there already. */
  readonly kept: number;
  /** Cells that this run made. */
  readonly made: number;
}

/** @throws SweepFault when the folder cannot be written or the runner's server is gone */
export async function runSweep(run: SweepRun): Promise<SweepOutcome> {
  const { plan, folder } = run;
  await folder.make();
  const board = new Board(run);
  await board.lookAround();
  const missing = board.missing();
  await folder.keepIndex(board.index());
  const stop = new AbortController();
  const pass = (): void => {
    stop.abort();
  };
  run.signal.addEventListener('abort', pass);
  if (run.signal.aborted) pass();
  const kept = new Set(plan.cells.map(({ id }) => id)).size - missing.length - board.failures;
  try {
    await run.runner(missing, {
      signal: stop.signal,
      finished: async (cell, finished) => {
        await folder.keep(cell.id, finished);
        await board.settle(cell, { status: 'done', digest: finished.digest });
      },
      failed: (cell, error) => board.settle(cell, { status: 'failed', error }),
      progress: (underWay, words) => {
        board.tell(underWay, words);
      },
    });
  } finally {
    // What still runs after a fault must not go on in the dark.
    stop.abort();
    run.signal.removeEventListener('abort', pass);
    await folder.keepIndex(board.index());
  }
  return { index: board.index(), kept, made: board.made };
}

const SCHEMA = 1;
const INDEX_EVERY_MS = 5000;

type State = Pick<CellEntry, 'status' | 'error' | 'digest'>;

/** How each cell stands. */
class Board {
  readonly #run: SweepRun;
  readonly #states = new Map<string, State>();
  #begun = 0;
  #settled = 0;
  #writtenAt = performance.now();
  made = 0;

  constructor(run: SweepRun) {
    this.#run = run;
  }

  /** Finds what is there already. */
  async lookAround(): Promise<void> {
    const { plan, folder } = this.#run;
    for (const cell of plan.cells) {
      if (this.#states.has(cell.id)) continue;
      if ('fault' in cell) {
        this.#states.set(cell.id, { status: 'failed', error: cell.fault });
        continue;
      }
      const digest = await folder.digestOf(cell.id);
      const state: State = digest === undefined ? MISSING : { status: 'done', digest };
      this.#states.set(cell.id, state);
    }
    this.#begun = this.missing().length;
  }

  get failures(): number {
    return [...this.#states.values()].filter(({ status }) => status === 'failed').length;
  }

  /** Each once, in the order of the plan. */
  missing(): Cell[] {
    const cells = new Map<string, Cell>();
    for (const cell of this.#run.plan.cells) {
      if (!('fault' in cell) && this.#states.get(cell.id) === MISSING) cells.set(cell.id, cell);
    }
    return [...cells.values()];
  }

  async settle({ id }: Cell, state: State): Promise<void> {
    this.#states.set(id, state);
    this.#settled += 1;
    if (state.status === 'done') this.made += 1;
    const now = performance.now();
    if (now - this.#writtenAt < INDEX_EVERY_MS) return;
    this.#writtenAt = now;
    await this.#run.folder.keepIndex(this.index());
  }

  tell(underWay: number, words: string): void {
    if (this.#begun === 0) return;
    const share = (this.#settled + underWay) / this.#begun;
    this.#run.onProgress({ share, finished: this.#settled, words });
  }

  index(): SweepIndex {
    const { plan, version } = this.#run;
    const { name, question, axes, seeds, cells } = plan;
    return {
      schema: SCHEMA,
      version,
      name,
      ...(question === undefined ? {} : { question }),
      axes,
      seeds,
      cells: cells.map(({ id, values, seed }) => ({
        id,
        values,
        seed,
        ...(this.#states.get(id) ?? MISSING),
      })),
    };
  }
}

const MISSING: State = { status: 'missing' };
