/**
 * `orrery compare A B`: two result folders beside each other, simulated or real, a line per measure
 * with the difference, its interval and a verdict.
 *
 * Exit codes: 0 done, whatever the verdicts; 1 with `--require` when a measure differs or there is
 * no verdict, with `--require agreement` unless all agree; 2 a folder without a usable result.
 */
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { UsageError } from '../runtime/failure.ts';
import { compare, judgedIn } from '../sim/edge/compare/compare.ts';
import type { Comparison, Party } from '../sim/edge/compare/compare.ts';
import { readSide } from '../sim/edge/compare/side.ts';
import type { Side } from '../sim/edge/compare/side.ts';
import { linksNote, noVerdictText, partyText, ROW_NAMES } from '../sim/edge/compare/words.ts';
import { rowOf, ruleLines, settingsNote, workNote } from '../sim/edge/compare/words.ts';
import { ReportFault } from '../sim/edge/report/fault.ts';
import { CommandFailure } from './failure.ts';
import { print, say, tableOf } from './output.ts';

const EXAMPLES = `
Examples:
  $ npx orrery sim --seed 1 --out out/one && npx orrery sim --seed 2 --out out/two
  $ npx orrery compare out/one out/two
  $ npx orrery compare out/one out/two --report      (then open out/one/report.html)
  $ npx orrery compare out/one out/two --require     exit code 1 when a verdict is "differs"
  $ npx orrery compare out/one out/two --require agreement       unless all verdicts are "agrees"
  $ npx orrery compare out/one out/two --json > out/difference.json

Differences are those of B from A. Intervals speak of the operations of these two networks; other
seeds make other networks.`;

export function compareCommand(): CommandUnknownOpts {
  return new Command('compare')
    .description('lay two results side by side, simulated or real, and judge their differences')
    .argument('<a>', 'folder of a run (--out)')
    .argument('<b>', 'folder of another')
    .option('--json', 'the comparison as JSON on standard output', false)
    .option('--report', 'make report.html of A again, with the comparison as a section', false)
    .addOption(
      new Option('--require [what]', 'exit code 1 when one differs, or unless all agree')
        .preset('no-difference')
        .argParser(required),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (dirA, dirB, options) => {
      try {
        const [a, b] = [await readSide(dirA), await readSide(dirB)];
        const comparison = compare(a, b);
        if (options.json) print(JSON.stringify(comparison, null, 2));
        else print(textOf(comparison));
        const links = linksNote(comparison);
        if (links !== undefined) say(`orrery compare: ${links}`);
        if (options.report) await report(comparison, a, b);
        if (options.require !== undefined) demand(comparison, options.require === 'agreement');
      } catch (error) {
        if (error instanceof ReportFault) throw new UsageError(error.message);
        throw error;
      }
    });
}

/** What stands behind it is taken for its value: a folder, when it stands before the folders. */
function required(text: string): (typeof REQUIRED)[number] {
  const word = REQUIRED.find((known) => known === text);
  if (word !== undefined) return word;
  const allowed = `Allowed choices are ${REQUIRED.join(', ')}`;
  throw new InvalidArgumentError(`${allowed}; without one, write --require behind both folders.`);
}

const REQUIRED = ['no-difference', 'agreement'] as const;

async function report(comparison: Comparison, a: Side, b: Side): Promise<void> {
  // Only now: what draws the charts takes a while to load.
  const { comparisonPart } = await import('../sim/edge/compare/section.ts');
  const { writeReport } = await import('../sim/edge/report/write.ts');
  await writeReport(a.dir, comparisonPart(comparison, a, b));
  say(`written ${a.dir}/report.html and ${a.dir}/figures`);
}

/** @throws CommandFailure when the two differ, or when all have to agree and do not */
function demand(comparison: Comparison, isAgreement: boolean): void {
  const judged = judgedIn(comparison);
  if (judged.every(({ verdict }) => verdict === null)) {
    throw new CommandFailure(noVerdictText(comparison) ?? 'nothing could be compared');
  }
  const bad = judged.filter(({ verdict }) =>
    isAgreement ? verdict !== 'agrees' : verdict === 'differs',
  );
  if (bad.length === 0) return;
  const names = bad.map(({ name, verdict }) => `${name} (${verdict ?? 'no verdict'})`);
  const fault = isAgreement ? 'not all agree' : 'the two differ';
  throw new CommandFailure(`${fault}: ${names.join('; ')}`);
}

function textOf(comparison: Comparison): string {
  const { a, b, settings, measures } = comparison;
  const party = (name: string, of: Party): string => `${name}  ${of.dir}: ${partyText(of)}`;
  const none = noVerdictText(comparison);
  const work = workNote(comparison);
  return [
    party('A', a),
    party('B', b),
    settingsNote(comparison),
    ...settings.map(({ setting, a: inA, b: inB }) => `  ${setting}: A ${inA}, B ${inB}`),
    ...(work === undefined ? [] : [work]),
    '',
    ...(none === undefined ? [] : [none, '']),
    tableOf([ROW_NAMES, ...measures.map(rowOf)]),
    '',
    ...ruleLines(comparison),
  ].join('\n');
}
