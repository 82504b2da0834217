/**
 * The flags of `orrery real`: the settings of a scenario, the machine that plays it, and those that
 * `orrery sim` has beside, each with the reason for which real nodes have none.
 */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { REAL_NODES_MAX, TIME_SCALE_MAX } from '../../real/playable.ts';
import type { Given } from '../../sim/edge/settings/settings.ts';
import { SETTINGS } from '../../sim/edge/settings/table.ts';
import type { Setting } from '../../sim/edge/settings/table.ts';
import { flagOf } from '../setting-flags.ts';

/** Nodes without a scenario: what a small machine carries as processes. */
export const NODES_DEFAULT = 20;

/** Settings of a simulator that decide nothing here: refused as flags, told of in a file. */
const IDLE: ReadonlyMap<string, string> = new Map([
  ['workers', 'each real node has a process or a thread of its own'],
  ['wire', 'the messages of real nodes always go through the codec'],
]);

/** Settings that real nodes have one value of; the rest `real/playable.ts` refuses. */
const FIXED: ReadonlySet<string> = new Set(['tables', 'silent', 'adversaries', 'voters']);

/** What `orrery sim` does beside its settings, and real nodes do not. */
const FOREIGN: readonly (readonly [string, string])[] = [
  ['--snapshot [file]', 'real nodes cannot be saved as they stand'],
  ['--snapshot-at [duration]', 'real nodes cannot be saved as they stand'],
  ['--from [file]', 'real nodes begin with nothing, not with what a simulation saved'],
  ['--record [file]', 'what a real node is given is recorded by orrery node --record'],
  ['--record-node [n]', 'what a real node is given is recorded by orrery node --record'],
];

export function addFlags(command: CommandUnknownOpts): void {
  for (const setting of SETTINGS) {
    if (IDLE.has(setting.key)) continue;
    command.addOption(flagOf(told(setting)).hideHelp(FIXED.has(setting.key)));
  }
  const stretch = `real time per time of the scenario, 1 to ${TIME_SCALE_MAX}`;
  command
    .optionsGroup('The machine:')
    .option('--time-scale <n>', `${stretch}; only 1 with --departure leave`, scale, 1)
    .option('--in-process', 'a thread for each node in place of a process', false)
    .optionsGroup('Results:')
    .option('--out <dir>', 'folder for result.json, tables, time series and the report')
    .option('--json', 'result.json alone on standard output', false)
    .optionsGroup('Options:');
  for (const option of refused()) command.addOption(option.hideHelp());
}

/** A line for each flag that only a simulation has. */
export function foreignFlags(flags: Given): readonly string[] {
  return refused()
    .filter((option) => flags[option.attributeName()] !== undefined)
    .map(({ long, description }) => `${long ?? ''}: ${description}`);
}

/** A line for each setting of a scenario file that decides nothing here. */
export function idleSettings(given: Given): readonly string[] {
  return [...IDLE]
    .filter(([key]) => key in given)
    .map(([key, reason]) => `${key} changes nothing here: ${reason}`);
}

function refused(): readonly Option[] {
  const settings = [...IDLE].map(([key, reason]) => [`--${key} [value]`, reason] as const);
  return [...settings, ...FOREIGN].map(([flags, reason]) => new Option(flags, reason));
}

/** A setting with what holds of real nodes. */
function told(setting: Setting): Setting {
  if (setting.key !== 'nodes') return setting;
  const help = `${setting.help}, at most ${REAL_NODES_MAX} with those of join storms`;
  return { ...setting, help, fallback: `${NODES_DEFAULT} without a scenario` };
}

function scale(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= TIME_SCALE_MAX) return value;
  throw new InvalidArgumentError(`Write a number from 1 to ${TIME_SCALE_MAX}.`);
}
