/**
 * Session lengths from a file of survivors: columns `timestamp` (seconds) and `node_count`, how
 * many of the nodes that were there at time 0 still are.
 *
 * Nodes met at an instant are in the middle of their sessions, so the file shows the law of what is
 * left of a session in equilibrium. Its density falls (it is the share of longer sessions, over
 * their mean), so the counts are replaced by the greatest convex curve below them, whose falling
 * slopes are the estimate of Grenander (1956). Sessions follow: the share longer than t is the
 * density at t over that at 0. Within each straight piece the density is drawn as falling lines
 * with the same area, so that sessions end at any time, not at the file's times alone.
 *
 * Before the first point and after the last one survivors fall exponentially, at the rates of the
 * first and the last piece of the curve; the last piece is at least a tenth of the time long.
 */

import { exponentialLeft } from '../laws.ts';
import { bad, good, type Parsed } from '../specs.ts';
import type { SessionCurve } from './session-curve.ts';
import { numbersOf, parseTable, place } from './table.ts';

export function parseSurvival(text: string): Parsed<SessionCurve> {
  const parsed = parseTable(text);
  if (!parsed.ok) return parsed;
  const table = parsed.value;
  const [timeAt, countAt] = [table.names.indexOf('timestamp'), table.names.indexOf('node_count')];
  if (timeAt < 0 || countAt < 0) {
    const names = table.names.join(', ');
    return bad(`columns named node_count and timestamp are needed: there are ${names}`);
  }
  const times = numbersOf(table, timeAt);
  if (!times.ok) return times;
  const counts = numbersOf(table, countAt);
  if (!counts.ok) return counts;
  const late = times.value.findIndex((time, i) => i > 0 && time <= (times.value[i - 1] ?? 0));
  if (late >= 0) return bad(`${place(table, late, timeAt)}: times must rise`);
  const hull = convexBelow(times.value, counts.value);
  if (hull.length < 3) return bad('survivors must fall, and at least three times be given');
  return good(curveOf(hull));
}

/** A corner of the curve of survivors. */
interface Corner {
  readonly us: number;
  readonly count: number;
}

const SECOND_US = 1_000_000;
const LAST_PIECE = 0.1;
/** Lines that stand for the exponential before the first point. */
const HEAD_LINES = 16;

/** Corners of the greatest falling convex curve below the counts. */
function convexBelow(times: readonly number[], counts: readonly number[]): readonly Corner[] {
  const corners: Corner[] = [];
  let least = Infinity;
  for (const [i, time] of times.entries()) {
    // After the last node has gone there is nothing to learn; one that is back is another session.
    if (least === 0) break;
    least = Math.min(least, counts[i] ?? 0);
    const next = { us: time * SECOND_US, count: least };
    while (corners.length > 1 && isAbove(corners, next)) corners.pop();
    corners.push(next);
  }
  const [start, end] = [corners[0]?.us ?? 0, corners.at(-1)];
  while (corners.length > 2 && end !== undefined) {
    const before = corners.at(-2);
    const isLong = end.us - (before?.us ?? 0) >= LAST_PIECE * (end.us - start);
    if (isLong && (before?.count ?? 0) > end.count) break;
    corners.splice(-2, 1);
  }
  return corners;
}

/** Whether the last corner lies on or above the line from the one before it to `next`. */
function isAbove(corners: readonly Corner[], next: Corner): boolean {
  const [a, b] = [corners.at(-2), corners.at(-1)];
  if (a === undefined || b === undefined) return false;
  return (b.count - a.count) * (next.us - b.us) >= (next.count - b.count) * (b.us - a.us);
}

/** A straight piece of the curve: nodes gone per microsecond, and that as a share of the nodes. */
interface Piece {
  readonly density: number;
  readonly rate: number;
}

function pieceOf(from: Corner, to: Corner): Piece {
  const density = (from.count - to.count) / (to.us - from.us);
  return { density, rate: (2 * density) / (from.count + to.count) };
}

function curveOf(corners: readonly Corner[]): SessionCurve {
  const points: [us: number, density: number][] = [];
  const pieces = corners.slice(1).map((to, i) => pieceOf(corners[i] ?? to, to));
  const density = (i: number): number => pieces[i]?.density ?? 0;
  const at = corners.map((_, i) => cornerDensity(corners, pieces, i));
  addHead(points, corners[0]?.us ?? 0, at[0] ?? 0, pieces[0]?.rate ?? 0);
  for (const [i, { us }] of corners.entries()) {
    points.push([us, at[i] ?? 0]);
    const next = corners[i + 1];
    if (next === undefined) break;
    const [above, below] = [(at[i] ?? 0) - density(i), density(i) - (at[i + 1] ?? 0)];
    points.push([us + ((next.us - us) * below) / (above + below), density(i)]);
  }
  const first = points[0]?.[1] ?? 1;
  return {
    timesUs: Float64Array.from(points, ([us]) => us),
    left: Float64Array.from(points, ([, each]) => each / first),
    tailUs: (corners.at(-1)?.count ?? 0) / (at.at(-1) ?? 1),
  };
}

/** Between two pieces their mean; at the ends the exponential through the middle of the piece. */
function cornerDensity(corners: readonly Corner[], pieces: readonly Piece[], i: number): number {
  const [before, after] = [pieces[i - 1], pieces[i]];
  if (before !== undefined && after !== undefined) return (before.density + after.density) / 2;
  const [piece, other] = after === undefined ? [before, corners[i - 1]] : [after, corners[i + 1]];
  if (piece === undefined || other === undefined) return 0;
  const toMiddle = ((corners[i]?.us ?? 0) - other.us) / 2;
  return piece.density * exponentialLeft(piece.rate * toMiddle);
}

/** Densities from time 0 to before the first corner. */
function addHead(points: [number, number][], untilUs: number, density: number, rate: number): void {
  if (untilUs === 0) return;
  for (let i = 0; i < HEAD_LINES; i++) {
    const us = (untilUs * i) / HEAD_LINES;
    points.push([us, density * exponentialLeft(rate * (us - untilUs))]);
  }
}
