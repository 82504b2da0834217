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
import { parseArgs } from 'node:util';
import { csvFile, svgFile } from '../../sim/edge/report/figure.ts';
import { readSweep } from '../../sim/edge/report/sweep-read.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { REPORTS } from './catalogue.ts';
import type { Report } from './catalogue.ts';
import { orrery, ROOT } from './command.ts';
import { forgetMachine } from './machine.ts';
import { writeReadme } from './readme.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const asked = askedIn(args);
  if (typeof asked === 'string') {
    console.error(`reports: ${asked}`);
    return 2;
  }
  // The command that runs hears of Ctrl-C as well; this process waits for it to end in good order.
  process.on('SIGINT', () => undefined);
  for (const report of asked.isTextOnly ? [] : asked.reports) {
    console.log(`== ${report.name}`);
    const code = await make(report, asked.isKeeping);
    if (code !== 0) return code;
  }
  await writeReadme(join(ROOT, 'reports'));
  console.log('written reports/README.md');
  return 0;
}

interface Asked {
  readonly reports: readonly Report[];
  readonly isKeeping: boolean;
  readonly isTextOnly: boolean;
}

/** A sentence when it cannot be. */
function askedIn(args: readonly string[]): Asked | string {
  const flags = { keep: { type: 'boolean' }, text: { type: 'boolean' } } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: flags,
      allowPositionals: true,
    });
    const names = REPORTS.map(({ name }) => name);
    const unknown = positionals.find((name) => !names.includes(name));
    if (unknown !== undefined) return `there is no ${unknown}: choose of ${names.join(', ')}`;
    const isNamed = ({ name }: Report): boolean =>
      positionals.length === 0 || positionals.includes(name);
    return {
      reports: REPORTS.filter(isNamed),
      isKeeping: values.keep === true,
      isTextOnly: values.text === true,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
