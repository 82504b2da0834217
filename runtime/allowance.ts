/**
 * How often a peer may ask for work that grows with the number of records here: a bucket of tokens
 * for each peer, and one for all of them together.
 *
 * A round of two nodes takes one or two questions a minute, and dozens at once where they share a
 * great many records. Invariant: a bucket is remembered no longer than it takes to fill, so there
 * are no more of them than peers that were answered in the last half minute; beyond the cap nobody
 * new gets any.
 */
import { ALLOWANCES_MAX, ROUNDS_AT_ONCE_MAX, ROUNDS_PER_SECOND_MAX } from './bounds.ts';
import { ROUNDS_MODEST, ROUNDS_OF_ALL_FACTOR } from './bounds.ts';

export class Allowance<Who> {
  /** The one that was used longest ago comes first. */
  readonly #buckets = new Map<Who, Bucket>();
  readonly #all: Bucket = { spent: 0, atMs: 0 };

  /** Buckets that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whether one more may be asked for now; it is then taken. */
  take(who: Who, nowMs: number): boolean {
    this.#forgetFull(nowMs);
    const known = this.#buckets.get(who);
    if (known === undefined && this.#buckets.size >= ALLOWANCES_MAX) return false;
    const bucket = known ?? { spent: 0, atMs: nowMs };
    refill(bucket, ROUNDS_PER_SECOND_MAX, nowMs);
    refill(this.#all, ROUNDS_OF_ALL_FACTOR * ROUNDS_PER_SECOND_MAX, nowMs);
    if (bucket.spent + 1 > ROUNDS_AT_ONCE_MAX) return false;
    // A few that ask for all that they may must not keep out those who ask for little.
    const isScarce = this.#all.spent + 1 > ROUNDS_OF_ALL_FACTOR * ROUNDS_AT_ONCE_MAX;
    if (isScarce && bucket.spent + 1 > ROUNDS_MODEST) return false;
    bucket.spent += 1;
    this.#all.spent += 1;
    this.#buckets.delete(who);
    this.#buckets.set(who, bucket);
    return true;
  }

  /** Up to the first that is not full: each is forgotten once, and one more is looked at. */
  #forgetFull(nowMs: number): void {
    for (const [who, bucket] of this.#buckets) {
      refill(bucket, ROUNDS_PER_SECOND_MAX, nowMs);
      if (bucket.spent > 0) return;
      this.#buckets.delete(who);
    }
  }
}

interface Bucket {
  spent: number;
  atMs: number;
}

function refill(bucket: Bucket, perSecond: number, nowMs: number): void {
  bucket.spent = Math.max(0, bucket.spent - ((nowMs - bucket.atMs) / 1000) * perSecond);
  bucket.atMs = nowMs;
}
