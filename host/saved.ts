/**
 * The rhythm in which a node that knows nobody tries the peers that it has saved: all of them at
 * first, and whenever its network has changed; then, each time that it waits, a few in turn.
 *
 * Rule: as waits are drawn from all up to a bound, so many are on average one dial in two seconds.
 */

/** Between two tries of saved peers at most, in ms. */
export const SAVED_MS_MAX = 60_000;

/** How many are tried after a wait of up to so long. */
export function savedAgain(boundMs: number): number {
  return Math.ceil(Math.min(boundMs, SAVED_MS_MAX) / 4000);
}
