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
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { readSweep } from '../../sim/edge/report/sweep-read.ts';
import { ROWS, rowText, TABLE_HEAD } from './durability-rows.ts';
import type { Row } from './durability-rows.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const FOLDER = join('reports', 'durability');
const BEGIN = '<!-- what follows is written by npm run durability -->';
const END = '<!-- up to here -->';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = { workers: { type: 'string' }, text: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    options: flags,
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown !== undefined) {
    const names = ROWS.map(({ name }) => name).join(', ');
    console.error(`durability: there is no ${unknown}: choose of ${names}`);
    return 2;
  }
  // The command that runs hears of Ctrl-C as well; this process waits for it to end in good order.
  process.on('SIGINT', () => undefined);
  const asked = ROWS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  let code = 0;
  for (const { name } of values.text === true ? [] : asked) {
    console.log(`== ${name}`);
    code = await sweep(name, values.workers);
    if (code !== 0) break;
  }
  await writeTable();
  return code;
}

async function sweep(name: string, workers: string | undefined): Promise<number> {
  const folder = join(FOLDER, name);
  const more = workers === undefined ? [] : ['--workers', workers];
  const args = ['sweep', join(folder, 'sweep.yaml'), '--out', folder, ...more];
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: ROOT, stdio: 'inherit' });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (ended) => {
      resolve(ended ?? 1);
    });
  });
  // Figures of single rows say less than the table, and what they cost is the machine's.
  for (const part of ['figures', 'costs', 'report.html']) {
    await rm(join(ROOT, folder, part), { recursive: true, force: true });
  }
  return code;
}

async function writeTable(): Promise<void> {
  const path = join(ROOT, FOLDER, 'README.md');
  const text = await readFile(path, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path} has lost its marks: ${BEGIN} and ${END}`);
  const lines = await Promise.all(ROWS.map(lineOf));
  const body = `${text.slice(0, begin + BEGIN.length)}

${TABLE_HEAD}
${lines.join('\n')}

${text.slice(end)}`;
  await writeFile(path, await format(body, { parser: 'markdown', printWidth: 100 }));
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
