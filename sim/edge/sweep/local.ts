/**
 * Cells on this machine: so many at a time, each in a thread of its own.
 *
 * Invariants: a cell that fails is told and takes no other with it; when told to stop, no cell is
 * begun and none that was half done leaves a trace.
 */

import { simulateApart } from '../apart.ts';
import { finish } from './cell.ts';
import type { Cell, Finished, Task } from './cell.ts';
import { lineOf } from './fault.ts';

/** Who hears of the cells while they are run. */
export interface Watch {
  /** Aborted when the runner is to stop; what is under way is given up. */
  readonly signal: AbortSignal;
  readonly finished: (cell: Cell, finished: Finished) => Promise<void>;
  readonly failed: (cell: Cell, error: string) => Promise<void>;
  /** How many cells' worth of work is half done, and in words what the runner is at. */
  readonly progress: (underWay: number, words: string) => void;
}

/** Runs cells until each has been told as finished or failed, or until it is told to stop. */
export type Runner = (cells: readonly Cell[], watch: Watch) => Promise<void>;

export function localRunner(workers: number, version: string): Runner {
  return async (cells, watch) => {
    const waiting = [...cells];
    const shares = new Map<string, number>();
    const tell = (): void => {
      const underWay = [...shares.values()].reduce((sum, share) => sum + share, 0);
      watch.progress(underWay, `${shares.size} running`);
    };
    const lane = async (): Promise<void> => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        if (watch.signal.aborted) return;
        const { id } = cell;
        shares.set(id, 0);
        await runCell(cell, version, watch, (share) => {
          shares.set(id, share);
          tell();
        });
        shares.delete(id);
        tell();
      }
    };
    await Promise.all(Array.from({ length: Math.min(workers, cells.length) }, lane));
  };
}

async function runCell(
  cell: Cell,
  version: string,
  watch: Watch,
  onShare: (share: number) => void,
): Promise<void> {
  let finished: Finished;
  try {
    finished = await simulateCell(cell, version, watch.signal, onShare);
  } catch (error) {
    if (!watch.signal.aborted) await watch.failed(cell, lineOf(error));
    return;
  }
  await watch.finished(cell, finished);
}

/**
 * One cell in a thread.
 *
 * @throws the signal's reason at once when it is aborted: the thread stops at its next report
 */
export async function simulateCell(
  { options, materials, start }: Task,
  version: string,
  signal: AbortSignal,
  onShare: (share: number) => void,
): Promise<Finished> {
  signal.throwIfAborted();
  let giveUp = (): void => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(new Error('stopped before its end'));
    };
    signal.addEventListener('abort', giveUp);
  });
  const work = async (): Promise<Finished> => {
    const from = await start?.snapshot(signal);
    const result = await simulateApart({ ...options, workers: 1 }, version, {
      materials,
      ...(from === undefined ? {} : { from }),
      onProgress: ({ phase, share }) => {
        // Joining and warming up are as good as none of it.
        onShare(phase === 'measuring' ? share : 0);
        return signal.aborted;
      },
    });
    return finish(result);
  };
  try {
    return await Promise.race([work(), givenUp]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
