/**
 * `orrery compare A B`: two result folders beside each other, simulated or real, a line per measure
 * with the difference, its interval and a verdict.
 *
 * Exit codes: 0 done, whatever the verdicts; 1 with `--require` when not all agree; 2 a folder
 * without a usable result.
 */
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { UsageError } from '../runtime/failure.ts';
import { compare, isAgreed } from '../sim/edge/compare/compare.ts';
import type { Comparison, Party } from '../sim/edge/compare/compare.ts';
import { readSide } from '../sim/edge/compare/side.ts';
import type { Side } from '../sim/edge/compare/side.ts';
import { noVerdictText, partyText, ROW_NAMES } from '../sim/edge/compare/words.ts';
import { rowOf, ruleLines, settingsNote } from '../sim/edge/compare/words.ts';
import { ReportFault } from '../sim/edge/report/fault.ts';
import { CommandFailure } from './failure.ts';
import { print, say, tableOf } from './output.ts';

const EXAMPLES = `
Examples:
  $ npx orrery sim --seed 1 --out one && npx orrery sim --seed 2 --out two
  $ npx orrery compare one two
  $ npx orrery compare one two --report          (then open one/report.html)
  $ npx orrery compare one two --require         exit code 1 unless all verdicts are "agrees"
  $ npx orrery compare one two --json > difference.json

Differences are those of B from A. Intervals speak of the operations of these two networks; other
seeds make other networks.`;

export function compareCommand(): CommandUnknownOpts {
  return new Command('compare')
    .description('lay two results side by side, simulated or real, and judge their differences')
    .argument('<a>', 'folder of a run (--out)')
    .argument('<b>', 'folder of another')
    .option('--json', 'the comparison as JSON on standard output', false)
    .option('--report', 'make report.html of A again, with the comparison as a section', false)
    .option('--require', 'exit code 1 unless every verdict is "agrees"', false)
    .addHelpText('after', EXAMPLES)
    .action(async (dirA, dirB, options) => {
      try {
        const [a, b] = [await readSide(dirA), await readSide(dirB)];
        const comparison = compare(a, b);
        if (options.json) print(JSON.stringify(comparison, null, 2));
        else print(textOf(comparison));
        if (options.report) await report(comparison, a, b);
        if (options.require) requireAgreement(comparison);
      } catch (error) {
        if (error instanceof ReportFault) throw new UsageError(error.message);
        throw error;
      }
    });
}

async function report(comparison: Comparison, a: Side, b: Side): Promise<void> {
  // Only now: what draws the charts takes a while to load.
  const { comparisonPart } = await import('../sim/edge/compare/section.ts');
  const { writeReport } = await import('../sim/edge/report/write.ts');
  await writeReport(a.dir, comparisonPart(comparison, a, b));
  say(`written ${a.dir}/report.html and ${a.dir}/figures`);
}

function requireAgreement(comparison: Comparison): void {
  if (isAgreed(comparison)) return;
  const none = noVerdictText(comparison);
  if (none !== undefined) throw new CommandFailure(none);
  const names = comparison.measures
    .filter(({ verdict }) => verdict !== null && verdict !== 'agrees')
    .map(({ name, verdict }) => `${name} (${verdict})`);
  throw new CommandFailure(
    names.length === 0 ? 'nothing could be compared' : `not all agree: ${names.join('; ')}`,
  );
}

function textOf(comparison: Comparison): string {
  const { a, b, settings, measures } = comparison;
  const party = (name: string, of: Party): string => `${name}  ${of.dir}: ${partyText(of)}`;
  const none = noVerdictText(comparison);
  return [
    party('A', a),
    party('B', b),
    settingsNote(comparison),
    ...settings.map(({ setting, a: inA, b: inB }) => `  ${setting}: A ${inA}, B ${inB}`),
    '',
    ...(none === undefined ? [] : [none, '']),
    tableOf([ROW_NAMES, ...measures.map(rowOf)]),
    '',
    ...ruleLines(comparison),
  ].join('\n');
}
