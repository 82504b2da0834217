/**
 * Reads `operations.csv.gz`.
 *
 * Invariant: a row that is not one is refused with its line number.
 */

import { OPERATION_COLUMNS, OPERATION_OUTCOMES } from '../../observer/operation-row.ts';
import type { OperationRow } from '../../observer/operation-row.ts';
import { TableFault, tableLines } from '../report/table-file.ts';

type Column = (typeof OPERATION_COLUMNS)[number];

const FILE = 'operations.csv.gz';

/** @param packed the bytes of the file */
export async function readOperations(packed: Uint8Array): Promise<readonly OperationRow[]> {
  return (await tableLines(packed, FILE, OPERATION_COLUMNS)).map(rowOf);
}

function rowOf(text: string, at: number): OperationRow {
  const cells = text.split(',');
  const broken = (column: Column): TableFault =>
    new TableFault(`line ${at + 2} of ${FILE} is no operation (column ${column})`);
  const cell = (column: Column): string => cells[OPERATION_COLUMNS.indexOf(column)] ?? '';
  const number = (column: Column): number => {
    const value = Number(cell(column));
    if (cell(column) === '' || !Number.isFinite(value)) throw broken(column);
    return value;
  };
  const optional = (column: Column): number | null => (cell(column) === '' ? null : number(column));
  const oneOf = <T extends string>(column: Column, words: readonly T[]): T => {
    const word = words.find((known) => known === cell(column));
    if (word === undefined) throw broken(column);
    return word;
  };
  if (cells.length !== OPERATION_COLUMNS.length) throw broken('operation');
  return {
    operation: number('operation'),
    kind: oneOf('kind', ['put', 'get']),
    asker: cell('asker'),
    startMs: number('start_ms'),
    endMs: number('end_ms'),
    outcome: oneOf('outcome', OPERATION_OUTCOMES),
    messages: optional('messages'),
    replicas: optional('replicas'),
  };
}
