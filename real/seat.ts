/**
 * Where a node of a scenario lives: a process of its own, or a thread of this one. Either has its
 * own event loop and memory, shares nothing with the others but the machine, and can be ended from
 * outside at any instant, with nothing said and nothing flushed.
 *
 * A thread costs less to begin and less memory; a process is what an operator runs, and a fault in
 * it cannot touch the others.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Order, Said } from './orders.ts';

export type SeatKind = 'process' | 'thread';

type OnEnd = (how: string) => void;

export interface Seat {
  readonly tell: (order: Order) => void;
  /** Ends it at once, as `kill -9` does; settles when it is gone. */
  readonly kill: () => Promise<void>;
}

/**
 * @param hear what its node says
 * @param onEnd it is gone, told how: "with exit code 1" or the like
 */
export function takeSeat(kind: SeatKind, hear: (said: Said) => void, onEnd: OnEnd): Seat {
  return kind === 'process' ? processSeat(hear, onEnd) : threadSeat(hear, onEnd);
}

function processSeat(hear: (said: Said) => void, onEnd: OnEnd): Seat {
  const child = fork(MEMBER, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit').then(
    ([code, signal]) => {
      onEnd(signal === null ? `with exit code ${code}` : `by the signal ${signal}`);
    },
    (error: unknown) => {
      onEnd(`before it was a process (${error instanceof Error ? error.message : String(error)})`);
    },
  );
  child.on('message', (said) => {
    hear(said as Said);
  });
  return {
    // A process that is about to end takes nothing any more; that it is gone is told below.
    tell: (order) => child.send(order, () => undefined),
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function threadSeat(hear: (said: Said) => void, onEnd: OnEnd): Seat {
  const worker = new Worker(MEMBER, { stdout: false, stderr: false });
  worker.once('exit', (code) => {
    onEnd(`with exit code ${code}`);
  });
  // Its end follows.
  worker.on('error', (error) => {
    hear({ type: 'failed', reason: error.message });
  });
  worker.on('message', hear);
  return {
    tell: (order) => {
      worker.postMessage(order);
    },
    kill: async () => {
      await worker.terminate();
    },
  };
}

const MEMBER = fileURLToPath(new URL('member-seat.js', import.meta.url));
