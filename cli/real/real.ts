/**
 * `orrery real`: a scenario with real nodes on this machine, over mutual TLS on loopback, with the
 * delays, losses, churn and work that `orrery sim` would give it. What it found goes where `orrery
 * sim` puts it, in the same form.
 *
 * Exit codes: 0 done, 1 a node failed, 2 settings that cannot be (a line for each fault), 130 when
 * cut short. Every process that it started ends with it.
 */
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { PlayFault } from '../../real/fault.ts';
import { play } from '../../real/play.ts';
import type { PlayProgress, RealOutput } from '../../real/play.ts';
import { unplayable } from '../../real/playable.ts';
import { readScenario } from '../../sim/edge/scenario.ts';
import { SettingsFault } from '../../sim/edge/settings/fault.ts';
import {
  resolveLayers,
  type Given,
  type Layer,
  type Resolved,
} from '../../sim/edge/settings/settings.ts';
import { Interrupted } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';
import { CommandFailure, EXIT_USAGE, ToldFailure } from '../failure.ts';
import { Meter } from '../meter.ts';
import { say } from '../output.ts';
import { keepAndTell, runInto, wishesOf } from '../run-files.ts';
import { settingsIn } from '../setting-flags.ts';
import { watchForStop } from '../signals.ts';
import type { StopWatch } from '../signals.ts';
import { addFlags, foreignFlags, idleSettings, NODES_DEFAULT } from './flags.ts';

const EXAMPLES = `
Examples:
  $ npx orrery real scenarios/real-still.yaml --out out/played
  $ npx orrery sim scenarios/real-still.yaml --out out/simulated
  $ npx orrery compare out/simulated out/played
  $ npx orrery real --latency regions --lookups 200 --warmup 20s --duration 1m
  $ npx orrery real --nodes 100 --time-scale 4 --lookups 500 --warmup 20s --duration 2m

It takes as long as the scenario lasts, times the scale; each node is a process, or with
--in-process a thread. All figures are in time of the scenario. With a larger scale everything but
the machine's own work takes longer: delays, deadlines, sessions, the schedule. So the machine's
work weighs less; a simulation has none, and needs no scale.

Real nodes dial back before they ask who called them: give a simulation that is to be compared
--links dial-back, and both the same --nodes and a --warmup.`;

export function realCommand(version: string): CommandUnknownOpts {
  const command: CommandUnknownOpts = new Command('real');
  command
    .description('play a scenario with real nodes on this machine')
    .argument('[scenario]', 'a YAML file with settings; flags win over it')
    .addHelpText('after', EXAMPLES);
  addFlags(command);
  command.action(async (...[path]: readonly unknown[]) => {
    const flags: Given = command.opts();
    try {
      await run(typeof path === 'string' ? path : undefined, flags, version);
    } catch (error) {
      if (error instanceof PlayFault) throw new CommandFailure(error.message);
      if (!(error instanceof SettingsFault)) throw error;
      for (const line of error.lines) say(`orrery real: ${line}`);
      throw new ToldFailure(EXIT_USAGE);
    }
  });
  return command;
}

async function run(path: string | undefined, flags: Given, version: string): Promise<void> {
  const foreign = foreignFlags(flags);
  if (foreign.length > 0) throw new SettingsFault(foreign);
  const scenario = path === undefined ? undefined : await readScenario(path);
  const wishes = wishesOf(flags, scenario);
  const { out } = wishes;
  const given = settingsIn(flags);
  const layer: Layer = { given, baseDir: '', word: (key) => `--${key}` };
  const inFile = scenario?.layer.given ?? {};
  const word = (key: string): string => (key in inFile && !(key in given) ? key : `--${key}`);
  const resolved =
    scenario === undefined
      ? await resolveLayers([layer], undefined, { nodes: NODES_DEFAULT })
      : await resolveLayers([scenario.layer, layer]);
  const faults = unplayable(resolved.options, Number(flags['timeScale']), word);
  if (faults.length > 0) throw new SettingsFault(faults);
  for (const note of [...idleSettings(inFile), ...resolved.notes]) say(`orrery real: ${note}`);
  const options = { ...resolved.options, workers: 1, wire: false };
  const stop = watchForStop();
  try {
    const output = await runInto(
      out,
      'real',
      async () =>
        await playWatched({ ...resolved, options }, version, flags, out !== undefined, stop),
    );
    await keepAndTell('real', output, scenario, wishes);
  } finally {
    stop.end();
  }
}

/** Nothing when it was stopped before its end. */
async function playWatched(
  { options, materials }: Resolved,
  version: string,
  flags: Given,
  rows: boolean,
  stop: StopWatch,
): Promise<RealOutput | undefined> {
  const meter = new Meter();
  const onProgress = (progress: PlayProgress): boolean => {
    const { phase, messages, atMs, online } = progress;
    const where = `${phase}, ${(atMs / 1000).toFixed(0)} s played, ${online} nodes online`;
    meter.show(
      shareOf(options, progress),
      messages,
      'messages',
      phase === 'booting' ? phase : where,
    );
    return stop.isAsked();
  };
  const setting = {
    materials,
    rows,
    scale: Number(flags['timeScale']),
    seats: flags['inProcess'] === true ? ('thread' as const) : ('process' as const),
    onProgress,
  };
  try {
    return await play(options, version, setting);
  } catch (error) {
    // Ctrl-C in a terminal also reaches processes that have not learned yet to leave it to us.
    if (error instanceof Interrupted || stop.isAsked()) return undefined;
    throw error;
  } finally {
    meter.end();
  }
}

/** Of the time that it takes; without a duration of the work. */
function shareOf(options: SimOptions, { phase, share, atMs }: PlayProgress): number {
  const { warmupMs, durationMs } = options;
  if (durationMs === 0) return phase === 'measuring' ? share : 0;
  return Math.min(1, atMs / (JOINS_MS + warmupMs + durationMs));
}

/** Nodes begin 20 ms apart, and a join takes some seconds. */
const JOINS_MS = 8000;
