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
import { ToldFailure } from '../failure.ts';
import { print, printJson } from '../output.ts';
import { beliefsOf, countsText, TOPICS, topicText } from './beliefs.ts';
import { isPast, parseInstant } from './instant.ts';
import type { Instant } from './instant.ts';
import { Tape } from './tape.ts';
import type { TapeBeginning, TapePoint, TapeStep } from './tape.ts';
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
      const run = await runThrough(tape, instant);
      if (json) printJson(resultOf(tape, run, instant !== undefined));
      else tell(tape, run, instant !== undefined);
      if (run.different !== undefined || tape.seams.length > 0) throw new ToldFailure(1);
    });
}

interface Run {
  readonly steps: number;
  /** What it came to last. */
  readonly here: TapePoint;
  /** The first step that is not as it was. */
  readonly different: TapeStep | undefined;
  readonly where: Where;
}

/** Replays until the end, a difference, or all up to an instant is done. */
async function runThrough(tape: Tape, instant: Instant | undefined): Promise<Run> {
  const isBehind = (point: TapePoint): boolean => instant !== undefined && isPast(instant, point);
  let steps = 0;
  let { here } = tape;
  if (isBehind(here)) return { steps, here, different: undefined, where: 'before the beginning' };
  for (let next = await tape.next(); next !== undefined; next = await tape.next()) {
    if (isBehind(next)) {
      return { steps, here, different: undefined, where: whereIs(instant, here, next) };
    }
    here = next;
    if (next.type !== 'step') continue;
    steps += 1;
    if (!next.isSame) return { steps, here, different: next, where: 'behind a difference' };
  }
  return { steps, here, different: undefined, where: whereIs(instant, here, undefined) };
}

/** Where an instant lies that is not before `here`, and before `next` if there is more. */
function whereIs(
  instant: Instant | undefined,
  here: TapeStep | TapeBeginning,
  next: TapeStep | TapeBeginning | undefined,
): Where {
  const isStep = instant?.type === 'step' && instant.number === here.number;
  // A life begins with the number of a step that is not made yet.
  if (isStep && here.type !== 'life') return 'recorded';
  if (next?.type === 'life') return 'between lives';
  if (next?.type === 'gap') return 'in a gap';
  return next === undefined ? 'after the end' : 'recorded';
}

function tell(tape: Tape, { steps, here, different, where }: Run, isAt: boolean): void {
  const { id, version, wall } = tape.first;
  const lasted = here.afterMs / 1000;
  const [from, to] = [wall, here.moment.wall].map((ms) => new Date(ms).toISOString());
  print(`node ${id}, recorded by orrery ${version}`);
  print(`from ${from ?? ''} to ${to ?? ''}`);
  for (const at of tape.restarts) print(restartText(at));
  for (const line of tape.seams) print(line);
  if (different !== undefined) {
    print(`step ${different.number} differs, after ${steps - 1} that are equal:`);
    for (const line of stepLines(different)) print(line);
  } else {
    print(`${steps} steps in ${lasted.toFixed(1)} s, all equal`);
    if (tape.isCut) print('the recording ends in the middle of an entry: the node was cut off');
  }
  if (isAt && where !== 'recorded') print(WHERE_TEXTS[where]);
  print(`${isAt ? 'then' : 'at its end'}: ${countsText(here.state)}`);
  if (!isAt) return;
  for (const topic of TOPICS) print(topicText(topic, here));
}

function resultOf(
  tape: Tape,
  { steps, here, different, where }: Run,
  isAt: boolean,
): Readonly<Record<string, unknown>> {
  const { id, version, segment, wall } = tape.first;
  return {
    id,
    version,
    segment,
    segments: tape.segments,
    steps,
    from: new Date(wall).toISOString(),
    to: new Date(here.moment.wall).toISOString(),
    equal: different === undefined && tape.seams.length === 0,
    cut: tape.isCut,
    gaps: tape.seams,
    restarts: tape.restarts.map((ms) => new Date(ms).toISOString()),
    different:
      different === undefined ? null : { step: different.number, lines: stepLines(different) },
    ...(isAt ? { instant: where, then: beliefsOf(here) } : {}),
  };
}

/** Where an instant lies in a recording. */
type Where = 'recorded' | keyof typeof WHERE_TEXTS;

const WHERE_TEXTS = {
  'before the beginning': 'the recording begins after that: this is its beginning',
  'between lives': 'that is between two lives of the node: this is the end of the earlier one',
  'in a gap': 'that is in a gap: this is the end of what was recorded before it',
  'after the end': 'the recording ends before that: this is its end',
  'behind a difference': 'the replay goes no further than that step: this is after it',
} as const;
