/**
 * How long values stay, in simulations that take hours: runs the rows d1 to d6, all of them or
 * those named, and writes what is there so far into reports/durability/README.md.
 *
 *   npm run durability -- [ROW ...] [--workers N] [--text]
 *
 * Each row is a sweep (reports/durability/ROW/sweep.yaml) whose cells are kept as they end: Ctrl-C
 * loses those under way, and the same command goes on with the rest. `--text` only writes the
 * table.
 * Exit codes: 0 done, 1 a simulation failed, 2 wrong usage, 130 when Ctrl-C cut it short.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSweep } from '../../sim/edge/report/sweep-read.ts';
import { askedIn } from './asked.ts';
import { orrery, ROOT } from './command.ts';
import { ROWS, rowText, TABLE_HEAD } from './durability-rows.ts';
import type { Row } from './durability-rows.ts';
import { writeMarked } from './marked.ts';

const FOLDER = join('reports', 'durability');

const NAMES = ROWS.map(({ name }) => name);
const HELP = `
npm run durability -- [ROW ...] [--workers N] [--text]

Runs the sweeps ${FOLDER}/ROW/sweep.yaml and writes what is there so far into its README.
Rows: ${NAMES.join(', ')}; without one all of them, many hours. Ctrl-C loses the cells under way.

  --workers N   so many simulations at a time
  --text        run nothing: only write the table
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = { workers: { type: 'string' }, text: { type: 'boolean' } } as const;
  const asked = askedIn({ name: 'durability', help: HELP, parts: NAMES, flags }, args);
  if (typeof asked === 'number') return asked;
  const { workers, text } = asked.flags;
  // The command that runs hears of Ctrl-C as well; this process waits for it to end in good order.
  process.on('SIGINT', () => undefined);
  let code = 0;
  for (const name of text === true ? [] : asked.parts) {
    console.log(`== ${name}`);
    code = await sweep(name, typeof workers === 'string' ? workers : undefined);
    if (code !== 0) break;
  }
  await writeTable();
  return code;
}

async function sweep(name: string, workers: string | undefined): Promise<number> {
  const folder = join(FOLDER, name);
  const more = workers === undefined ? [] : ['--workers', workers];
  const args = ['sweep', join(folder, 'sweep.yaml'), '--out', folder, ...more];
  const code = await orrery(args);
  // Figures of single rows say less than the table, and what they cost is the machine's.
  for (const part of ['figures', 'costs', 'report.html']) {
    await rm(join(ROOT, folder, part), { recursive: true, force: true });
  }
  return code;
}

async function writeTable(): Promise<void> {
  const path = join(ROOT, FOLDER, 'README.md');
  const lines = await Promise.all(ROWS.map(lineOf));
  await writeMarked(path, 'npm run durability', [TABLE_HEAD, ...lines].join('\n'));
  console.log(`written ${join(FOLDER, 'README.md')}`);
}

async function lineOf(row: Row): Promise<string> {
  const dir = join(ROOT, FOLDER, row.name);
  if (!existsSync(join(dir, 'sweep.json'))) return rowText(row, []);
  const { cells } = await readSweep(dir);
  return rowText(
    row,
    cells.flatMap(({ result }) => (result === undefined ? [] : [result])),
  );
}
