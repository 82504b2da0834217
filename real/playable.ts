/**
 * What real nodes cannot play of what a simulation can: a network that nobody made, nodes that are
 * not ours, more of them than one machine carries.
 */
import type { SimOptions } from '../sim/options.ts';
import { slotsOf } from '../sim/slots.ts';

/**
 * @param word what a setting is called where it was given
 * @returns what cannot be played, one line each
 */
export function unplayable(
  options: SimOptions,
  scale: number,
  word: (key: string) => string,
): readonly string[] {
  const { tables, silent, adversaries } = options;
  const nodes = slotsOf(options);
  const faults: string[] = [];
  if (nodes > NODES_MAX) {
    const most = `real nodes are at most ${NODES_MAX} at a time`;
    faults.push(`${most}, not ${nodes}: give ${word('nodes')} ${FITTING} or the like`);
  }
  if (tables !== 'joined') {
    faults.push(`${word('tables')} ${tables}: real nodes learn of one another by joining`);
  }
  if (silent > 0) faults.push(`${word('silent')} ${silent}: every real node answers`);
  if (adversaries !== null) {
    faults.push(`${word('adversaries')} ${adversaries.kind}: every real node is an honest one`);
  }
  if (options.departure === 'leave' && scale > 1) {
    faults.push(`${word('departure')} leave: a stop has its time, so it cannot be stretched`);
  }
  return faults;
}

const NODES_MAX = 100;
const FITTING = 50;
