/**
 * Session lengths from a file of cumulative shares: the column `hours`, and one or more columns
 * with the percent of sessions that last at most so long. Between the points, and from nothing at
 * 0 hours to the first, the law is a straight line.
 *
 * A curve that ends below 100 % leaves sessions that were seen to be longer. They go on at the rate
 * at which sessions ended, on average, over the second half of the curve's time (over all of it
 * where none ended in that half): an exponential tail, that changes nothing before the last point.
 */

import { exponentialOver } from '../laws.ts';
import { bad, good, type Parsed } from '../specs.ts';
import type { SessionCurve } from './session-curve.ts';
import { numbersOf, parseTable, place, type Table } from './table.ts';

const HOUR_US = 3_600_000_000;

export function parseSessionCdf(text: string, column: string | null): Parsed<SessionCurve> {
  const parsed = parseTable(text);
  if (!parsed.ok) return parsed;
  const table = parsed.value;
  const hoursAt = table.names.indexOf('hours');
  if (hoursAt < 0) return bad(`no column is named hours: there are ${table.names.join(', ')}`);
  const chosen = chosenColumn(table, hoursAt, column);
  if (!chosen.ok) return chosen;
  const hours = numbersOf(table, hoursAt);
  if (!hours.ok) return hours;
  const percents = numbersOf(table, chosen.value);
  if (!percents.ok) return percents;
  const fault = orderFault(table, [hoursAt, hours.value], [chosen.value, percents.value]);
  return fault === undefined ? good(curveOf(hours.value, percents.value)) : bad(fault);
}

function chosenColumn(table: Table, hoursAt: number, column: string | null): Parsed<number> {
  const others = table.names.filter((_, i) => i !== hoursAt);
  const name = column ?? (others.length === 1 ? others[0] : undefined);
  if (name === undefined) {
    return bad(`it has several columns, choose with column=NAME one of ${others.join(', ')}`);
  }
  if (others.includes(name)) return good(table.names.indexOf(name));
  return bad(`no column is named ${name}: choose one of ${others.join(', ')}`);
}

type Column = readonly [at: number, numbers: readonly number[]];

function orderFault(
  table: Table,
  [hoursAt, hours]: Column,
  [percentAt, percents]: Column,
): string | undefined {
  for (const [i, hour] of hours.entries()) {
    const percent = percents[i] ?? 0;
    if (hour <= (hours[i - 1] ?? -1)) return `${place(table, i, hoursAt)}: hours must rise`;
    const at = place(table, i, percentAt);
    if (percent < (percents[i - 1] ?? 0)) return `${at}: the percentage falls`;
    if (percent > 100) return `${at}: ${percent} is more than 100 percent`;
    if (hour === 0 && percent > 0) return `${at}: no session can last 0 hours`;
  }
  return percents.at(-1) === 0 || percents.length === 0 ? 'no session ends in it' : undefined;
}

function curveOf(hours: readonly number[], percents: readonly number[]): SessionCurve {
  const rows = hours[0] === 0 ? hours.length : hours.length + 1;
  const timesUs = new Float64Array(rows);
  const left = new Float64Array(rows).fill(1);
  for (const [i, hour] of hours.entries()) {
    timesUs[i + rows - hours.length] = hour * HOUR_US;
    left[i + rows - hours.length] = (100 - (percents[i] ?? 0)) / 100;
  }
  return { timesUs, left, tailUs: tailOf(timesUs, left) };
}

function tailOf(timesUs: Float64Array, left: Float64Array): number {
  const [endUs, endLeft] = [timesUs.at(-1) ?? 0, left.at(-1) ?? 0];
  if (endLeft === 0) return 0;
  const from = timesUs.findIndex((us) => us >= endUs / 2);
  const [middleUs, middleLeft] = [timesUs[from] ?? 0, left[from] ?? 0];
  if (middleLeft > endLeft) {
    return (endUs - middleUs) / exponentialOver(endLeft / middleLeft, 1);
  }
  return endUs / exponentialOver(endLeft, 1);
}
