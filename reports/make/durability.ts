/**
 * How long values stay, in simulations that take hours: runs the rows d1 to d6, all of them or
 * those named, and writes what is there so far into reports/durability/README.md.
 *
 *   npm run durability -- [ROW ...] [--workers N] [--text]
 *
 * Each row is a sweep (reports/durability/ROW/sweep.yaml) whose cells are kept as they end: Ctrl-C
 * loses those under way, and the same command goes on with the rest. `--text` only writes the
 * table.
 * Exit codes: 0 done, 1 a simulation failed or a finished row does not show what it is to show,
 * 2 wrong usage, 130 when Ctrl-C cut it short.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ROWS, tableOf } from '../../sim/edge/report/durability.ts';
import { askedIn } from './asked.ts';
import { orrery, ROOT } from './command.ts';
import { writeMarked } from './marked.ts';

const FOLDER = join('reports', 'durability');

const NAMES = ROWS.map(({ name }) => name);
const HELP = `
npm run durability -- [ROW ...] [--workers N] [--text]

Runs the sweeps ${FOLDER}/ROW/sweep.yaml and writes what is there so far into its README.
Rows: ${NAMES.join(', ')}; without one all of them, many hours. Ctrl-C loses the cells under way.

  --workers N   so many simulations at a time
  --text        run nothing: only write the table

It fails when a row that is finished does not show what it is to show.
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
  const { text: table, verdicts } = await tableOf(join(ROOT, FOLDER));
  await writeMarked(join(ROOT, FOLDER, 'README.md'), 'npm run durability', table);
  console.log(`written ${join(FOLDER, 'README.md')}`);
  for (const [name, verdict] of verdicts) console.log(`${name}: ${verdict}`);
  const isBroken = [...verdicts.values()].includes('not held');
  return code === 0 && isBroken ? 1 : code;
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
