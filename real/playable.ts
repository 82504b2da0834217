/**
 * What real nodes cannot play of what a simulation can: a network that nobody made, nodes that are
 * not ours, more of them than one machine carries.
 */
import type { SimOptions } from '../sim/options.ts';
import { slotsOf } from '../sim/run/slots.ts';

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
  const faults = [...tooMany(options, word)];
  if (tables !== 'joined') {
    faults.push(`${word('tables')} ${tables}: real nodes learn of one another by joining`);
  }
  if (silent > 0) faults.push(`${word('silent')} ${silent}: every real node answers`);
  if (adversaries !== null) {
    faults.push(`${word('adversaries')} ${adversaries.kind}: every real node is an honest one`);
  }
  if (options.voters > 0) {
    const how = 'try real ones with "npm run test:deep -- bootstrap-killed"';
    faults.push(`${word('voters')} ${options.voters}: the nodes of a run elect nobody: ${how}`);
  }
  if (options.departure === 'leave' && scale > 1) {
    faults.push(`${word('departure')} leave: a stop has its time: leave out --time-scale`);
  }
  return faults;
}

function tooMany(options: SimOptions, word: (key: string) => string): readonly string[] {
  const { nodes } = options;
  const all = slotsOf(options);
  if (all <= REAL_NODES_MAX) return [];
  const most = `real nodes are at most ${REAL_NODES_MAX} at a time`;
  if (all === nodes) return [`${most}, not ${nodes}: give ${word('nodes')} ${FITTING} or the like`];
  const storms = `${all - nodes} that a join-storm adds`;
  return [`${most}, not ${nodes} and ${storms}: give fewer ${word('nodes')}, or a smaller storm`];
}

export const REAL_NODES_MAX = 100;
/** Real time per time of the scenario. */
export const TIME_SCALE_MAX = 100;
const FITTING = 50;
