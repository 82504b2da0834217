/**
 * Tables of numbers with named columns, as session curves come: comma-separated, the names in the
 * first line, lines beginning with # left out. Refusals name line and column, counted from 1.
 */

import { bad, good, type Parsed } from '../specs.ts';

export interface Table {
  readonly names: readonly string[];
  /** The line of each row in the file. */
  readonly lines: readonly number[];
  readonly rows: readonly (readonly string[])[];
}

export function parseTable(text: string): Parsed<Table> {
  const [header, ...body] = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((content, i) => ({ line: i + 1, content }))
    .filter(({ content }) => !/^\s*(#|$)/.test(content))
    .map(({ line, content }) => ({ line, cells: content.split(',').map((cell) => cell.trim()) }));
  if (header === undefined) return bad('it is empty');
  const width = header.cells.length;
  const odd = body.find(({ cells }) => cells.length !== width);
  if (odd !== undefined) {
    const at = `line ${odd.line}, column ${Math.min(odd.cells.length, width) + 1}`;
    return bad(`${at}: ${odd.cells.length} entries under ${width} names`);
  }
  return good({
    names: header.cells,
    lines: body.map(({ line }) => line),
    rows: body.map(({ cells }) => cells),
  });
}

/** The numbers of one column: none negative, none missing. */
export function numbersOf(table: Table, column: number): Parsed<readonly number[]> {
  const numbers: number[] = [];
  for (const [i, cells] of table.rows.entries()) {
    const cell = cells[column] ?? '';
    if (!/^(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?$/i.test(cell)) {
      const what = cell === '' ? 'the entry is missing' : `'${cell.slice(0, 40)}' is no number`;
      return bad(`${place(table, i, column)}: ${what}, write one of at least 0`);
    }
    numbers.push(Number(cell));
  }
  return good(numbers);
}

/** Where an entry is, for a message. */
export function place(table: Table, row: number, column: number): string {
  return `line ${table.lines[row] ?? 0}, column ${column + 1}`;
}
