/**
 * What clients did and saw, and what was done to the nodes meanwhile, as data: recorded by
 * `network.ts`, judged by `checker.ts`, written as lines of JSON. Times are ms of one monotonic
 * clock, that of the recording process.
 */
export interface PutRecord {
  readonly type: 'put';
  readonly node: number;
  readonly key: string;
  /** Stands for the bytes; no other PUT has the same. */
  readonly value: string;
  readonly ttlMs: number;
  readonly invokedMs: number;
  readonly returnedMs: number;
  /** `failed`: the node made nothing of it. `unknown`: it may be there or not. */
  readonly outcome: 'acknowledged' | 'failed' | 'unknown';
  /** Whether the node answered at all. */
  readonly answered: boolean;
  /** 0 unless acknowledged. */
  readonly version: number;
}

export interface GetRecord {
  readonly type: 'get';
  readonly node: number;
  readonly key: string;
  readonly invokedMs: number;
  readonly returnedMs: number;
  readonly outcome: 'found' | 'absent' | 'unknown';
  /** Nothing unless found. */
  readonly value: string;
  /** Asked in the end, when all nodes were up again and nobody wrote. */
  readonly final: boolean;
}

export interface FaultRecord {
  readonly type: 'kill' | 'start' | 'joined' | 'stop' | 'continue';
  readonly node: number;
  readonly atMs: number;
}

export type HistoryRecord = PutRecord | GetRecord | FaultRecord;
export type History = readonly HistoryRecord[];
