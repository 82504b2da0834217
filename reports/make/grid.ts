/**
 * The results of a curated sweep by their places in the grid, for what the README says of them.
 *
 * Invariant: a place or a measure that is not there is a fault and never a gap in a text: what is
 * said of a sweep is said of all of it.
 */
import { studentInterval } from '../../sim/edge/report/intervals.ts';
import type { Interval } from '../../sim/edge/report/intervals.ts';
import type { Result } from '../../sim/edge/report/read.ts';
import { measuresOf, pointsOf } from '../../sim/edge/report/sweep-measures.ts';
import type { Measure, Point } from '../../sim/edge/report/sweep-measures.ts';
import type { SweepFolder } from '../../sim/edge/report/sweep-read.ts';

type Values = Readonly<Record<string, unknown>>;

/** A result with its seed. */
export interface Sample {
  readonly seed: string;
  readonly result: Result;
}

export class Grid {
  readonly sweep: SweepFolder;

  /** @throws Error when a cell has no result */
  constructor(sweep: SweepFolder) {
    const undone = sweep.cells.filter(({ result }) => result === undefined).length;
    if (undone > 0) throw new Error(`${sweep.name}: ${undone} cells have no result`);
    this.sweep = sweep;
  }

  valuesOf(key: string): readonly unknown[] {
    const axis = this.sweep.axes.find((one) => one.key === key);
    if (axis === undefined) throw new Error(`${this.sweep.name} has no axis ${key}`);
    return axis.values;
  }

  /** One place, all seeds. */
  samples(values: Values): readonly Sample[] {
    return this.sweep.cells.flatMap(({ values: own, seed, result }) =>
      result !== undefined && isSame(own, values) ? [{ seed: String(seed), result }] : [],
    );
  }

  mean(measure: string, values: Values): number {
    return this.#point(measure, values).mean;
  }

  /** The mean over the seeds, as the report writes it. */
  text(measure: string, values: Values): string {
    return this.#measure(measure).show(this.mean(measure, values));
  }

  /** The means of all places. */
  means(measure: string): readonly number[] {
    return pointsOf(this.sweep, this.#measure(measure)).map(({ mean }) => mean);
  }

  show(measure: string, value: number): string {
    return this.#measure(measure).show(value);
  }

  #measure(id: string): Measure {
    const found = measuresOf(this.sweep).find((measure) => measure.id === id);
    if (found === undefined) throw new Error(`${this.sweep.name} has no measure ${id}`);
    return found;
  }

  #point(measure: string, values: Values): Point {
    const points = pointsOf(this.sweep, this.#measure(measure));
    const found = points.find((point) => isSame(point.values, values));
    if (found === undefined || found.samples.length === 0) {
      throw new Error(`${this.sweep.name} has no ${measure} at ${JSON.stringify(values)}`);
    }
    return found;
  }
}

function isSame(a: Values, b: Values): boolean {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
}

/** Mean and 95 % interval by Student's t over the seeds. */
export function overSeeds(values: readonly number[]): {
  readonly mean: number;
  readonly interval: Interval;
} {
  const interval = studentInterval(values);
  if (interval === undefined) throw new Error('an interval takes two seeds at least');
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, interval };
}

/** In percent, always with as many digits, so that a column reads well. */
export function share(value: number, digits = 1): string {
  return `${(100 * value).toFixed(digits)} %`;
}

/** A table of Markdown; its widths are the formatter's business. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join(
    '\n',
  );
}
