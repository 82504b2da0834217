/**
 * A matrix of measured round trips, read from text: one line per row, entries parted by tabs,
 * commas or spaces, lines beginning with # left out. Row i, column j is the round trip from i to j;
 * half of it is the delay of a message from i to j, so asymmetry is kept. The diagonal is not
 * used: two nodes on the same row are apart by that row's smallest other entry.
 *
 * An entry that is empty, or 0 off the diagonal, is missing. The file is refused for it unless
 * asked for medians: then the median of the row's other entries stands in, or that of the whole
 * matrix where a row has none. Every refusal names line and column, both counted from 1.
 */

import { bad, good, type Parsed } from '../specs.ts';
import type { PlaceTable } from './places.ts';

/** Plain data. */
export interface Matrix {
  readonly size: number;
  /** Whole microseconds, row after row; on the diagonal the delay within the row. */
  readonly oneWayUs: Int32Array;
}

export interface MatrixReading {
  readonly unit: 'ms' | 's';
  readonly missing: 'refuse' | 'median';
}

export function parseMatrix(text: string, { unit, missing }: MatrixReading): Parsed<Matrix> {
  const rows = rowsOf(text);
  const fault = shapeFault(rows);
  if (fault !== undefined) return bad(fault);
  const size = rows.length;
  const perUnit = unit === 's' ? 500_000 : 500;
  const oneWayUs = new Int32Array(size * size);
  for (const [i, { line, cells }] of rows.entries()) {
    for (const [j, cell] of cells.entries()) {
      const read = readCell(cell, perUnit);
      const isGap = read === 0 && i !== j;
      if (typeof read === 'string' || (isGap && missing === 'refuse')) {
        return bad(`line ${line}, column ${j + 1}: ${isGap ? gapFault(cell) : read}`);
      }
      oneWayUs[i * size + j] = isGap ? MISSING : read;
    }
  }
  return finished(oneWayUs, size);
}

/** Nodes are laid on the rows with equal chances. */
export function matrixPlaces({ size, oneWayUs }: Matrix): PlaceTable {
  return {
    size,
    oneWayUs,
    placeAt: (drawn) => Math.floor(drawn * size),
    name: (row) => `row ${row + 1}`,
  };
}

const ROWS_MAX = 10_000;
/** Half an hour one way, in microseconds: more is a mistake of units. */
const ONE_WAY_US_MAX = 1_800_000_000;
/** An entry to be filled in. */
const MISSING = -1;

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

function rowsOf(text: string): readonly Row[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const rows = lines
    .map((content, i) => ({ line: i + 1, content }))
    .filter(({ content }) => !/^ *(#|$)/.test(content));
  const sample = rows[0]?.content ?? '';
  const mark = sample.includes('\t') ? '\t' : sample.includes(',') ? ',' : undefined;
  return rows.map(({ line, content }) => ({
    line,
    cells:
      mark === undefined
        ? content.trim().split(/\s+/)
        : content.split(mark).map((cell) => cell.trim()),
  }));
}

function shapeFault(rows: readonly Row[]): string | undefined {
  const first = rows[0];
  if (first === undefined) return 'there are no numbers in it';
  const columns = first.cells.length;
  const odd = rows.find(({ cells }) => cells.length !== columns);
  if (odd !== undefined) {
    const at = Math.min(odd.cells.length, columns) + 1;
    const entries = `${odd.cells.length} entries where line ${first.line} has ${columns}`;
    return `line ${odd.line}, column ${at}: not rectangular, ${entries}`;
  }
  if (rows.length !== columns) {
    const extra = rows[columns];
    const [line, column] = extra === undefined ? [first.line, rows.length + 1] : [extra.line, 1];
    return `line ${line}, column ${column}: not square, ${rows.length} rows of ${columns} entries`;
  }
  if (columns < 2) return `line ${first.line}, column 1: at least two rows are needed`;
  return columns > ROWS_MAX ? `${columns} rows, at most ${ROWS_MAX} can be used` : undefined;
}

/** The delay one way, 0 for none, or what is wrong. */
function readCell(cell: string, perUnit: number): number | string {
  if (GAP.test(cell)) return 0;
  const value = NUMBER.test(cell) ? Number(cell) : NaN;
  if (Number.isNaN(value)) return `'${cell.slice(0, 40)}' is no number`;
  if (value < 0) return `${cell} is negative`;
  if (value * perUnit > ONE_WAY_US_MAX) return `${cell} is more than an hour: is the unit right?`;
  // A round trip below 1 µs was measured, if only as short.
  return value === 0 ? 0 : Math.max(1, Math.round(value * perUnit));
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const GAP = /^(|-|na|nan|null)$/i;

function gapFault(cell: string): string {
  const gap = GAP.test(cell) ? 'the entry is missing' : '0 off the diagonal counts as missing';
  return `${gap} (missing=median fills it in)`;
}

function finished(oneWayUs: Int32Array, size: number): Parsed<Matrix> {
  const measured = (us: number, i: number): boolean =>
    us !== MISSING && Math.floor(i / size) !== i % size;
  const overall = oneWayUs.includes(MISSING) ? median(oneWayUs.filter(measured)) : 1;
  if (overall === 0) return bad('every entry off the diagonal is missing');
  for (let i = 0; i < size; i++) {
    const row = oneWayUs.subarray(i * size, (i + 1) * size);
    const others = row.filter((us, j) => us !== MISSING && j !== i);
    const stand = others.length > 0 && others.length < size - 1 ? median(others) : overall;
    row.forEach((us, j) => {
      if (us === MISSING) row[j] = stand;
    });
    row[i] = others.reduce(
      (least, us) => Math.min(least, us),
      others.length > 0 ? Infinity : stand,
    );
  }
  return good({ size, oneWayUs });
}

/** The middle value, or the middle of the middle two; 0 of nothing. */
function median(values: Int32Array): number {
  const sorted = values.toSorted();
  const half = sorted.length >> 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[half] ?? 0];
  return Math.round((low + high) / 2);
}
