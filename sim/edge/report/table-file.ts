/**
 * The tables beside a result (`lookups.csv.gz`, `operations.csv.gz`) as lines.
 *
 * Invariant: a file that is damaged or has other columns is refused in one line that names it.
 */

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ReportFault } from './fault.ts';

export const REMEDY = 'run the simulation again, or delete the file to report without it';

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
    throw new ReportFault(`${file} is damaged (${reason}): ${REMEDY}`);
  }
  const [head = '', ...rows] = text.split(/\r?\n/);
  if (head !== columns.join(',')) {
    throw new ReportFault(`${file} has other columns than this version writes: ${REMEDY}`);
  }
  if (rows.at(-1) === '') rows.pop();
  return rows;
}
