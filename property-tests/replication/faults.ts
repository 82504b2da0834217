/**
 * What goes wrong between the nodes of a fleet and on their disks, and how long things take; times
 * lie between two bounds.
 */

export interface Faults {
  /** Of messages. */
  readonly lossShare: number;
  /** One way. */
  readonly delayMs: readonly [number, number];
  readonly diskMs: readonly [number, number];
  /** Of writes. */
  readonly failedWrites: number;
}

export const calm: Faults = { lossShare: 0, delayMs: [5, 40], diskMs: [1, 5], failedWrites: 0 };
