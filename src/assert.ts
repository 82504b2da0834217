/**
 * Our own bugs, told apart from a peer's fault (a value, dropped and counted) and from bad luck
 * (a `Failure` in an outcome): a broken invariant throws, in production and simulation alike,
 * because to continue wrong is worse than to stop.
 */

/** @throws Error when an invariant of ours does not hold */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${invariant}`);
}

/** Ends a `switch` over a union: the compiler refuses a variant that was left out. */
export function assertNever(value: never): never {
  throw new Error(`broken invariant: no case for ${JSON.stringify(value)}`);
}
