/**
 * Places for nodes: those of the population first, then those of each join storm in its turn.
 * They follow from the options alone, so that every part of a divided run counts them alike.
 */

import type { SimOptions } from '../options.ts';

/** All places that a run will need. */
export function slotsOf(options: SimOptions): number {
  return stormSlot(options, options.faults.length);
}

/** The first place of a join storm, by its number among the faults. */
export function stormSlot({ nodes, faults }: SimOptions, number: number): number {
  return faults
    .slice(0, number)
    .reduce((sum, fault) => sum + (fault.type === 'join-storm' ? fault.nodes : 0), nodes);
}
