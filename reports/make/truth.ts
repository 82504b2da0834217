/**
 * What was simulated against what ran: plays the scenarios scenarios/real-*.yaml, all of them or
 * those named, in the simulator and with real nodes on this machine, and writes the comparisons
 * into reports/truth/README.md.
 *
 *   npm run truth -- [NAME ...] [--text]
 *
 * `--text` plays nothing and only makes reports and tables of what is there. A run that the machine
 * was too late for gets no verdicts; it is played again by the same command, with less going on
 * beside it. Exit codes: 0 done, 1 a run failed, 2 wrong usage, 130 when Ctrl-C cut it short.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compare } from '../../sim/edge/compare/compare.ts';
import { comparisonPart } from '../../sim/edge/compare/section.ts';
import { readSide } from '../../sim/edge/compare/side.ts';
import type { Side } from '../../sim/edge/compare/side.ts';
import { noVerdictText, ROW_NAMES, rowOf } from '../../sim/edge/compare/words.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { askedIn } from './asked.ts';
import { orrery, ROOT } from './command.ts';
import { forgetMachine } from './machine.ts';
import { writeMarked } from './marked.ts';

const NAMES = ['still', 'churn', 'loss'] as const;
const FOLDER = join('reports', 'truth');

const HELP = `
npm run truth -- [NAME ...] [--text]

Plays scenarios/real-NAME.yaml in the simulator and with real nodes, and writes what they agree in
into ${FOLDER}. Names: ${NAMES.join(', ')}; without one all of them, some forty minutes.

  --text   play nothing: only make reports and tables of what is there
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = { text: { type: 'boolean' } } as const;
  const asked = askedIn({ name: 'truth', help: HELP, parts: NAMES, flags }, args);
  if (typeof asked === 'number') return asked;
  process.on('SIGINT', () => undefined);
  for (const name of asked.flags['text'] === true ? [] : asked.parts) {
    console.log(`== ${name}`);
    const code = await play(name);
    if (code !== 0) return code;
  }
  const parts: string[] = [];
  for (const name of NAMES) parts.push(await partOf(name));
  await writeMarked(join(ROOT, FOLDER, 'README.md'), 'npm run truth', parts.join('\n\n'));
  console.log(`written ${join(FOLDER, 'README.md')}`);
  return 0;
}

async function play(name: string): Promise<number> {
  const scenario = join('scenarios', `real-${name}.yaml`);
  const [simulated, real] = foldersOf(name);
  for (const [command, out] of [
    ['sim', simulated],
    ['real', real],
  ] as const) {
    const code = await orrery([command, scenario, '--out', out]);
    if (code !== 0) return code;
    await forgetMachine(join(ROOT, out));
  }
  for (const part of [join(simulated, 'series.csv'), join(real, 'series.csv')]) {
    await rm(join(ROOT, part), { force: true });
  }
  for (const part of ['figures', 'report.html']) {
    await rm(join(ROOT, real, part), { recursive: true, force: true });
  }
  return 0;
}

/** From the root. */
function foldersOf(name: string): readonly [string, string] {
  return [join(FOLDER, name, 'simulated'), join(FOLDER, name, 'real')];
}

/** A side under its name from the root, so that a report names no folder of the machine. */
async function sideOf(folder: string): Promise<Side> {
  return { ...(await readSide(join(ROOT, folder))), dir: folder };
}

/** Makes the report of both again; @returns what the README says of them */
async function partOf(name: string): Promise<string> {
  const [simulated, real] = foldersOf(name);
  const title = `## ${name}`;
  if (!existsSync(join(ROOT, real, 'result.json'))) return `${title}\n\nNot played yet.`;
  const [a, b] = [await sideOf(simulated), await sideOf(real)];
  const comparison = compare(a, b);
  await writeReport(join(ROOT, simulated), comparisonPart(comparison, a, b));
  // Its figures are in it.
  await rm(join(ROOT, simulated, 'figures'), { recursive: true, force: true });
  const { playing, question = '' } = b.result;
  const late = playing?.lateMs ?? { mean: 0, p99: 0 };
  const names = [ROW_NAMES[0], 'simulated', 'real', ...ROW_NAMES.slice(3)];
  const lines = [names, names.map((_, i) => (i === 0 ? '---' : '--:'))];
  const rows = comparison.measures.filter(({ type }) => type !== 'total').map(rowOf);
  const table = [...lines, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const none = noVerdictText(comparison);
  const [mean, p99] = [late.mean.toFixed(1), late.p99.toFixed(1)];
  return `${title}

**${question}** [Scenario](../../scenarios/real-${name}.yaml), [the report with both of
them](${name}/simulated/report.html). Timers of the real nodes were late by ${mean} ms in the mean,
and by ${p99} ms for the latest 1 %.${none === undefined ? '' : ` There are ${none}.`}

${table}`;
}
