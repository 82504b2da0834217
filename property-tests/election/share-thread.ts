/**
 * A thread that calculates shares (`shares.ts`): it is sent a kind and a number, and answers with
 * the result, as plain data.
 */
import { parentPort } from 'node:worker_threads';
import { calmOf, gapsOf } from './failover.ts';
import { trialsOf } from './series.ts';

const KINDS = { trials: trialsOf, gaps: gapsOf, calm: calmOf } as const;

export type Kind = keyof typeof KINDS;

parentPort?.on('message', ({ kind, share }: { kind: Kind; share: number }) => {
  parentPort?.postMessage(KINDS[kind](share));
});
