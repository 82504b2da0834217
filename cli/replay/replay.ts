/**
 * `orrery replay FILE`: runs a recording of a node through the core, checks every step, and shows
 * what the node believed at any instant (docs/debugging.md).
 *
 * Exit codes: 0 every step is as it was; 1 one differs, or segments do not fit, are damaged or
 * cannot be read; 2 nothing there can be replayed; 130 when Ctrl-C cut it short.
 */
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { UsageError } from '../../runtime/failure.ts';
import type { NodeState } from '../../src/step.ts';
import { ToldFailure } from '../failure.ts';
import { print, printJson } from '../output.ts';
import { beliefsOf, countsText, TOPICS, topicText } from './beliefs.ts';
import { isPast, parseInstant } from './instant.ts';
import { Namer } from './lines.ts';
import { Tape } from './tape.ts';
import type { TapeStep } from './tape.ts';
import { restartText, stepLines, walk } from './walk.ts';

const EXAMPLES = `
Examples:
  $ npx orrery node -p 6501 --record node.orrec         (and later, whatever happened:)
  $ npx orrery replay node.orrec
  $ npx orrery replay node.orrec --at +90s
  $ npx orrery replay node.orrec --at 2026-11-26T18:00:05Z --json
  $ npx orrery replay node.orrec --step

FILE is what --record was given, or one of its segments, as in node.0003.orrec.`;

export function replayCommand(): CommandUnknownOpts {
  return new Command('replay')
    .description('run a recording of a node through the core, and look into it')
    .argument('<file>', 'the recording')
    .option('--at <time>', 'what the node believed then: #STEP, +90s, or a date and time')
    .option('--step', 'walk through it event by event', false)
    .option('--json', 'the result as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (file, { at, step, json }) => {
      const instant = at === undefined ? undefined : parseInstant(at);
      if (step && json) throw new UsageError('--step and --json contradict each other');
      const tape = await Tape.open(file);
      if (step) {
        if (!(await walk(tape, instant)) || tape.seams.length > 0) throw new ToldFailure(1);
        return;
      }
      const names = new Namer(tape, tape.state.self);
      const run = await runThrough(tape, (next) =>
        instant === undefined ? false : isPast(instant, next),
      );
      if (json) printJson(resultOf(tape, run, names, instant !== undefined));
      else tell(tape, run, names, instant !== undefined);
      if (run.different !== undefined || tape.seams.length > 0) throw new ToldFailure(1);
    });
}

interface Run {
  readonly steps: number;
  readonly last: TapeStep | undefined;
  /** The first step that is not as it was. */
  readonly different: TapeStep | undefined;
  /** As it is after the last step. */
  readonly state: NodeState;
  /** Whether there are steps behind what was asked for. */
  readonly goesOn: boolean;
}

/** Replays until the end, a difference, or what `stops` says. */
async function runThrough(tape: Tape, stops: (next: TapeStep) => boolean): Promise<Run> {
  let steps = 0;
  let last: TapeStep | undefined;
  for (let next = await tape.next(); next !== undefined; next = await tape.next()) {
    if (stops(next)) {
      return { steps, last, different: undefined, state: next.before, goesOn: true };
    }
    steps += 1;
    last = next;
    if (!next.isSame) return { steps, last, different: next, state: tape.state, goesOn: true };
  }
  return { steps, last, different: undefined, state: tape.state, goesOn: false };
}

function tell(tape: Tape, run: Run, names: Namer, isAt: boolean): void {
  const { steps, last, different, state } = run;
  const { id, version, wall, now } = tape.first;
  const lasted = (last?.afterMs ?? 0) / 1000;
  const [from, to] = [wall, last?.moment.wall ?? wall].map((ms) => new Date(ms).toISOString());
  print(`node ${id}, recorded by orrery ${version}`);
  print(`from ${from ?? ''} to ${to ?? ''}`);
  for (const at of tape.restarts) print(restartText(at));
  for (const line of tape.seams) print(line);
  if (different !== undefined) {
    print(`step ${different.number} differs, after ${steps - 1} that are equal:`);
    for (const line of stepLines(different, names)) print(line);
  } else {
    print(`${steps} steps in ${lasted.toFixed(1)} s, all equal`);
    if (tape.isCut) print('the recording ends in the middle of an entry: the node was cut off');
  }
  if (isAt && steps === 0) print('the recording begins after that: this is its beginning');
  if (isAt && !run.goesOn) print('the recording ends before that: this is its end');
  print(`${isAt ? 'then' : 'at its end'}: ${countsText(state)}`);
  if (!isAt) return;
  const then = last?.moment.now ?? now;
  for (const topic of TOPICS) print(topicText(topic, state, then, names));
}

function resultOf(
  tape: Tape,
  { steps, last, different, state }: Run,
  names: Namer,
  isAt: boolean,
): unknown {
  const { id, version, segment, now, wall } = tape.first;
  return {
    id,
    version,
    segment,
    segments: tape.segments,
    steps,
    from: new Date(wall).toISOString(),
    to: new Date(last?.moment.wall ?? wall).toISOString(),
    equal: different === undefined && tape.seams.length === 0,
    cut: tape.isCut,
    gaps: tape.seams,
    restarts: tape.restarts.map((ms) => new Date(ms).toISOString()),
    different:
      different === undefined
        ? null
        : { step: different.number, lines: stepLines(different, names) },
    ...(isAt ? { then: beliefsOf(state, last?.moment.now ?? now, names) } : {}),
  };
}
