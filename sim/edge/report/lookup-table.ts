/**
 * Reads `lookups.csv.gz`: the numbers of all lookups as columns, and single rows in full when asked
 * for, so that a million lookups fit.
 *
 * Invariant: a row that is not one is refused with its line number; what is handed on has only
 * numbers, node names of the form `17:0a1b2c3d`, and the place as text.
 */

import { LOOKUP_COLUMNS } from '../../observer/lookup-row.ts';
import type { LookupRow } from '../../observer/lookup-row.ts';
import { operationName } from '../../observer/operation-row.ts';
import { TableFault, tableLines } from './table-file.ts';

type Column = (typeof LOOKUP_COLUMNS)[number];

export class LookupTable {
  readonly size: number;
  /** What tells each lookup from the others of the run, and is the same in another run of it. */
  readonly names: Float64Array;
  readonly latencyMs: Float64Array;
  readonly requests: Float64Array;
  readonly messages: Float64Array;
  /** NaN without. */
  readonly hops: Float64Array;
  /** 1 and 0. */
  readonly succeeded: Uint8Array;
  /** Place of the asker in the latency model; empty without. */
  readonly places: readonly string[];
  readonly #rows: readonly string[];

  constructor(rows: readonly string[]) {
    this.size = rows.length;
    this.#rows = rows;
    this.names = new Float64Array(rows.length);
    this.latencyMs = new Float64Array(rows.length);
    this.requests = new Float64Array(rows.length);
    this.messages = new Float64Array(rows.length);
    this.hops = new Float64Array(rows.length);
    this.succeeded = new Uint8Array(rows.length);
    const names = new Map<string, string>();
    this.places = rows.map((_, index) => {
      const row = this.row(index);
      const { place, startMs, endMs, requests, replies, hops, succeeded } = row;
      this.names[index] = operationName(row.lookup, row.asker);
      this.latencyMs[index] = endMs - startMs;
      this.requests[index] = requests;
      this.messages[index] = requests + replies;
      this.hops[index] = hops ?? Number.NaN;
      this.succeeded[index] = succeeded ? 1 : 0;
      const known = names.get(place) ?? place;
      names.set(place, known);
      return known;
    });
  }

  row(index: number): LookupRow {
    const cells = (this.#rows[index] ?? '').split(',');
    const cell = (column: Column): string => cells[LOOKUP_COLUMNS.indexOf(column)] ?? '';
    const number = (column: Column): number => {
      const value = Number(cell(column));
      if (cell(column) === '' || !Number.isFinite(value)) throw broken(index, column);
      return value;
    };
    const optional = (column: Column): number | null =>
      cell(column) === '' ? null : number(column);
    const node = (column: Column, text: string): string => {
      if (!/^\d+:[0-9a-f]{8}$/.test(text)) throw broken(index, column);
      return text;
    };
    if (cells.length !== LOOKUP_COLUMNS.length) throw broken(index, 'lookup');
    if (!/^[0-9a-f]{8}$/.test(cell('target'))) throw broken(index, 'target');
    return {
      lookup: number('lookup'),
      asker: node('asker', cell('asker')),
      place: cell('place'),
      target: cell('target'),
      startMs: number('start_ms'),
      endMs: number('end_ms'),
      succeeded: number('succeeded') === 1,
      exact: number('exact') === 1,
      hops: optional('hops'),
      hopsToTarget: optional('hops_to_target'),
      requests: number('requests'),
      replies: number('replies'),
      path:
        cell('path') === ''
          ? []
          : cell('path')
              .split('>')
              .map((text) => node('path', text)),
    };
  }
}

/** @param packed the bytes of the file */
export async function readLookups(packed: Uint8Array): Promise<LookupTable> {
  return new LookupTable(await tableLines(packed, 'lookups.csv.gz', LOOKUP_COLUMNS));
}

function broken(index: number, column: Column): TableFault {
  return new TableFault(`line ${index + 2} of lookups.csv.gz is no lookup (column ${column})`);
}
