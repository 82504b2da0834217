/**
 * The tables beside a result (`lookups.csv.gz`, `operations.csv.gz`) as lines.
 *
 * Invariant: a file that is damaged or has other columns is refused in one line that names it.
 */

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ReportFault } from './fault.ts';

/** What is wrong with a table, in words that name the file alone; a report can do without it. */
export class TableFault extends ReportFault {
  readonly what: string;

  constructor(what: string) {
    super(`${what}: run the simulation again, or delete the file to report without it`);
    this.what = what;
  }
}

/**
 * The lines below the head.
 *
 * @param packed the bytes of the file
 */
export async function tableLines(
  packed: Uint8Array,
  file: string,
  columns: readonly string[],
): Promise<readonly string[]> {
  let text: string;
  try {
    text = (await promisify(gunzip)(packed)).toString('utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TableFault(`${file} is damaged (${reason})`);
  }
  const [head = '', ...rows] = text.split(/\r?\n/);
  if (head !== columns.join(',')) {
    throw new TableFault(`${file} has other columns than this version writes`);
  }
  if (rows.at(-1) === '') rows.pop();
  return rows;
}
