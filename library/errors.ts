/**
 * How a PUT or a GET can fail, for nodes and clients alike. Whoever caught one of these knows what
 * it may rely on:
 *
 * - UsageError: the caller's own mistake; nothing was sent.
 * - PutError, GetError: an answer that says no, with the reason.
 * - NoAnswerError: no node answered in time; a PUT never reached one, nothing has changed.
 * - UnknownOutcomeError: a PUT was sent and its answer was lost; it may have been carried out.
 * - ClosedError: the client is closed; nothing was sent.
 *
 * An AbortSignal rejects with its own reason; of a PUT that was sent the outcome is unknown then.
 */
import type { PutStatus } from '../src/wire-types.ts';

export { UsageError } from '../runtime/failure.ts';

/** Why a node says no. The words are those of the client API (docs/wire.md, PUT RESULT). */
export type Reason = Exclude<PutStatus, 'good'>;

/** What the network did of a PUT. */
export interface PutReceipt {
  /** Nodes that have the record on their disk. */
  readonly holders: number;
  /** Nodes that should have it; fewer than asked for in a small network. */
  readonly wanted: number;
  /** Of the record; the greatest version of a key wins. */
  readonly version: number;
}

/**
 * A PUT was answered and is not good. With `holders` above 0 so many nodes have the record all the
 * same, and it may be read; with `leaving` the node stopped before it knew.
 */
export class PutError extends Error {
  override readonly name = 'PutError';
  readonly reason: Reason;
  /** Nodes that have the record on their disk, of those that were asked. */
  readonly holders: number;
  readonly wanted: number;

  constructor(reason: Reason, holders: number, wanted: number) {
    super(`not stored: ${REASONS[reason]} (${holders} of ${wanted} replicas)`);
    this.reason = reason;
    this.holders = holders;
    this.wanted = wanted;
  }
}

/** Of a GET it cannot be said whether there is a value. */
export class GetError extends Error {
  override readonly name = 'GetError';
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(`not read: ${REASONS[reason]}`);
    this.reason = reason;
  }
}

/** No node answered. What was asked has changed nothing, unless it is an UnknownOutcomeError. */
export class NoAnswerError extends Error {
  override readonly name: string = 'NoAnswerError';
}

/**
 * A PUT was sent and its answer was lost. To send it again is safe for the value: it is then stored
 * under a newer version, above one that another writer may have put in between.
 */
export class UnknownOutcomeError extends NoAnswerError {
  override readonly name = 'UnknownOutcomeError';
}

export class ClosedError extends Error {
  override readonly name = 'ClosedError';

  constructor() {
    super('the client is closed');
  }
}

const REASONS: Readonly<Record<Reason, string>> = {
  'too-few-replicas': 'too few nodes have it on their disk',
  'timed-out': 'the network did not answer in time',
  'no-peers': 'no other node answered',
  full: 'the nodes that should hold it have no room',
  invalid: 'the node found the request invalid',
  busy: 'the node has too much to do',
  leaving: 'the node is stopping',
};
