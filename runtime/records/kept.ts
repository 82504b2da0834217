/**
 * What an earlier life of this node left on disk, as the core takes it back (`Kept`).
 *
 * Heads only: the bytes stay on disk until they are asked for, so a start costs the same whatever
 * the values weigh. The age that a record gained while the node was down is for the core to
 * subtract, by the wall clock.
 */
import type { Kept } from '../../src/types.ts';
import type { Disk } from './disk.ts';

/** @param wallMs what the wall clock says now */
export async function loadKept(disk: Disk, wallMs: number): Promise<Kept> {
  return { records: await disk.load(wallMs), peers: [] };
}
