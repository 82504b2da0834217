/**
 * Makes the curated reports again, all of them or those named, and writes what was found into
 * reports/README.md.
 *
 *   npm run reports -- [NAME ...] [--keep] [--text]
 *
 * `--keep` goes on with the cells that are there, `--text` makes no simulation and only writes the
 * README. What a run cost is taken out of its result: figures of a machine are not part of a report
 * that others make again, byte for byte. Exit codes: 0 done, 1 a simulation failed, 2 wrong usage,
 * 130 when Ctrl-C cut it short.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvFile, svgFile } from '../../sim/edge/report/figure.ts';
import { readSweep } from '../../sim/edge/report/sweep-read.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { askedIn } from './asked.ts';
import { REPORTS } from './catalogue.ts';
import type { Report } from './catalogue.ts';
import { orrery, ROOT } from './command.ts';
import { forgetMachine } from './machine.ts';
import { writeReadme } from './readme.ts';

const NAMES = REPORTS.map(({ name }) => name);
const HELP = `
npm run reports -- [NAME ...] [--keep] [--text]

Makes the curated reports again and writes what was found into reports/README.md. Names:
${NAMES.join(', ')}; without one all of them.

  --keep   go on with the cells that are there
  --text   simulate nothing: only write the README
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = { keep: { type: 'boolean' }, text: { type: 'boolean' } } as const;
  const asked = askedIn({ name: 'reports', help: HELP, parts: NAMES, flags }, args);
  if (typeof asked === 'number') return asked;
  const { keep, text } = asked.flags;
  // The command that runs hears of Ctrl-C as well; this process waits for it to end in good order.
  process.on('SIGINT', () => undefined);
  const reports = REPORTS.filter(({ name }) => asked.parts.includes(name));
  for (const report of text === true ? [] : reports) {
    console.log(`== ${report.name}`);
    const code = await make(report, keep === true);
    if (code !== 0) return code;
  }
  await writeReadme(join(ROOT, 'reports'));
  console.log('written reports/README.md');
  return 0;
}

async function make(report: Report, isKeeping: boolean): Promise<number> {
  const { name, kind, extra } = report;
  const dir = join(ROOT, 'reports', name);
  const stale = isKeeping ? ['figures'] : ['figures', 'cells', 'costs'];
  for (const part of stale) await rm(join(dir, part), { recursive: true, force: true });
  const folder = join('reports', name);
  const source = join(folder, kind === 'sweep' ? 'sweep.yaml' : 'scenario.yaml');
  const code = await orrery([kind === 'sweep' ? 'sweep' : 'sim', source, '--out', folder]);
  if (code !== 0) return code;
  if (kind === 'run') {
    await forgetMachine(dir);
    await writeReport(dir);
  }
  if (extra !== undefined) {
    const figure = extra(await readSweep(dir));
    await writeFile(join(dir, 'figures', `${figure.id}.svg`), svgFile(figure));
    await writeFile(join(dir, 'figures', `${figure.id}.csv`), csvFile(figure));
  }
  return 0;
}
