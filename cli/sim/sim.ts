/**
 * `orrery sim`: one simulation, from flags, a scenario file, or a scenario with flags that win over
 * it. What it found goes to standard output: a summary for people, or with `--json` result.json
 * alone. Progress, notes and warnings go to standard error.
 *
 * Exit codes: 0 done, 2 settings that cannot be (a line for each fault), 130 when cut short.
 */
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { readScenario } from '../../sim/edge/scenario.ts';
import { SettingsFault } from '../../sim/edge/settings/fault.ts';
import { resolveLayers, type Given, type Layer } from '../../sim/edge/settings/settings.ts';
import { SETTINGS } from '../../sim/edge/settings/table.ts';
import { EXIT_USAGE, ToldFailure } from '../failure.ts';
import { say } from '../output.ts';
import { keepAndTell, runInto, wishesOf } from '../run-files.ts';
import { flagOf, settingsIn } from '../setting-flags.ts';
import { watchForStop } from '../signals.ts';
import { warningsFor } from './estimate.ts';
import { recordingOf, simNode } from './record.ts';
import { runWatched } from './run.ts';
import { moment, refuseOtherNetwork, refuseTooLate, snapshotsOf } from './snapshot.ts';

const EXAMPLES = `
Examples:
  $ npx orrery sim scenarios/churn.yaml
  $ npx orrery sim scenarios/churn.yaml --nodes 500 --seed 7 --out out/churn
  $ npx orrery sim --nodes 1000 --lookups 2000 --duration 10m
  $ npx orrery sim --nodes 10000 --tables converged --links warm --lookups 50000 --duration 0
  $ npx orrery sim --seed 7 --json > result.json
  $ npx orrery sim --nodes 1000 --warmup 1h --snapshot warm.snapshot
  $ npx orrery sim --from warm.snapshot --loss 0.1 --seed 2
  $ npx orrery sim --nodes 200 --record node.orrec --record-node 7      (then: orrery replay)

Durations are written 500ms, 90s, 10m, 1.5h or 7d, shares 0.05 or 5%. A scenario file has the same
settings as keys, without the dashes. The same seed and settings give the same digest.`;

export function simCommand(version: string): CommandUnknownOpts {
  const command: CommandUnknownOpts = new Command('sim');
  command
    .description('run one simulation of the protocol core')
    .argument('[scenario]', 'a YAML file with settings; flags win over it')
    .addHelpText('after', EXAMPLES);
  for (const setting of SETTINGS) command.addOption(flagOf(setting));
  command
    .optionsGroup('Results:')
    .option('--out <dir>', 'folder for result.json, tables, time series and the report')
    .option('--json', 'result.json alone on standard output', false)
    .optionsGroup('Snapshots:')
    .option('--snapshot <file>', 'save the simulation as it stands at the end of the warm-up')
    .option('--snapshot-at <duration>', 'save it so long after the warm-up instead', moment)
    .option('--from <file>', 'go on from a snapshot, under its settings where none are given')
    .optionsGroup('Recordings:')
    .option('--record <file>', 'what the core of one node is given, for orrery replay')
    .option(
      '--record-node <n>',
      'its number, or its name in a table of a result (default: 0)',
      simNode,
    )
    .optionsGroup('Options:')
    .addOption(new Option('--time-scale <n>').hideHelp().argParser(noScale));
  command.action(async (...[path]: readonly unknown[]) => {
    const flags: Given = command.opts();
    try {
      await run(typeof path === 'string' ? path : undefined, flags, version);
    } catch (error) {
      if (!(error instanceof SettingsFault)) throw error;
      for (const line of error.lines) say(`orrery sim: ${line}`);
      throw new ToldFailure(EXIT_USAGE);
    }
  });
  return command;
}

/** Whoever gives it to `orrery real` may think that a simulation needs it too. */
function noScale(): never {
  throw new InvalidArgumentError(
    'Leave it out: real nodes tell their figures in time of the scenario, as a simulation does.',
  );
}

async function run(path: string | undefined, flags: Given, version: string): Promise<void> {
  const scenario = path === undefined ? undefined : await readScenario(path);
  const wishes = wishesOf(flags, scenario);
  const { out } = wishes;
  const layer: Layer = { given: settingsIn(flags), baseDir: '', word: (key) => `--${key}` };
  const layers = scenario === undefined ? [layer] : [scenario.layer, layer];
  const { from, order } = await snapshotsOf(flags, version);
  const resolved = await resolveLayers(layers, undefined, from && { ...from.options, workers: 1 });
  if (from !== undefined) refuseOtherNetwork(from, resolved.options);
  if (order !== undefined) refuseTooLate(order, resolved.options);
  const recording = await recordingOf(flags, resolved.options);
  const stop = watchForStop();
  try {
    for (const note of resolved.notes) say(`orrery sim: ${note}`);
    for (const warning of warningsFor(resolved.options)) say(`orrery sim: ${warning}`);
    const hooks = {
      rows: out !== undefined,
      ...(from === undefined ? {} : { from }),
      ...(order === undefined ? {} : { snapshot: order }),
      ...recording,
    };
    const output = await runInto(
      out,
      'sim',
      async () => await runWatched(resolved, version, hooks, stop.isAsked),
    );
    await order?.saved(output === undefined);
    recording?.tell();
    await keepAndTell('sim', output, scenario, wishes);
  } finally {
    stop.end();
  }
}
