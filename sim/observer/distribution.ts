/**
 * A distribution of measured numbers, as results give it: mean, percentiles, maximum and a
 * histogram from value (or lower end of a bin) to share. Percentiles are nearest-rank.
 */

export interface Distribution {
  readonly count: number;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly histogram: Readonly<Record<string, number>>;
}

/** Collects numbers without boxing them. */
export class Sample {
  #values = new Float64Array(256);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(value: number): void {
    if (this.#size === this.#values.length) {
      const grown = new Float64Array(2 * this.#size);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#size++] = value;
  }

  clear(): void {
    this.#size = 0;
  }

  addAll(other: Sample): void {
    for (let i = 0; i < other.#size; i++) this.add(other.#values[i] ?? 0);
  }

  /** The numbers in the order in which they came, as a copy. */
  values(): Float64Array {
    return this.#values.slice(0, this.#size);
  }

  static of(values: Float64Array): Sample {
    const sample = new Sample();
    sample.#values = new Float64Array(Math.max(256, values.length));
    sample.#values.set(values);
    sample.#size = values.length;
    return sample;
  }

  /** @param whole every value is its own bin; else bins of a round width, 50 at most */
  distribution(whole: boolean): Distribution {
    const sorted = this.#values.slice(0, this.#size).sort();
    const count = sorted.length;
    if (count === 0) {
      return { count, mean: null, p50: null, p90: null, p99: null, max: null, histogram: {} };
    }
    let sum = 0;
    for (const value of sorted) sum += value;
    const rank = (p: number): number => sorted[Math.max(0, Math.ceil(p * count) - 1)] ?? 0;
    const max = sorted[count - 1] ?? 0;
    return {
      count,
      mean: sum / count,
      p50: rank(0.5),
      p90: rank(0.9),
      p99: rank(0.99),
      max,
      histogram: histogramOf(sorted, whole ? 1 : binWidth(max)),
    };
  }
}

function binWidth(max: number): number {
  let width = 1;
  while (max / width > 50) {
    if (max / (2 * width) <= 50) return 2 * width;
    if (max / (5 * width) <= 50) return 5 * width;
    width *= 10;
  }
  return width;
}

function histogramOf(sorted: Float64Array, width: number): Record<string, number> {
  const bins = new Map<number, number>();
  for (const value of sorted) {
    const bin = Math.floor(value / width) * width;
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  const histogram: Record<string, number> = {};
  for (const [bin, count] of bins) histogram[String(bin)] = count / sorted.length;
  return histogram;
}
