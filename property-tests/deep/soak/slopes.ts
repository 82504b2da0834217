/**
 * How something grows over hours, from samples that go up and down: the least of each window (what
 * is left when garbage is collected), then the median of the slopes of all pairs (Theil and Sen),
 * which single outliers do not move, with an interval for it from Kendall's rank statistic.
 */
export interface Point {
  readonly atS: number;
  readonly value: number;
}

/** Per hour; the interval holds the true one in 95 of 100 cases. */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

/** @returns nothing when there are too few points to tell */
export function slopeOf(points: readonly Point[]): Slope | undefined {
  const count = points.length;
  if (count < POINTS_MIN) return undefined;
  const slopes = points
    .flatMap((from, index) =>
      points.slice(index + 1).map((to) => (to.value - from.value) / (to.atS - from.atS)),
    )
    .map((perSecond) => perSecond * 3600)
    .toSorted((a, b) => a - b);
  const spread = 1.96 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const at = (index: number): number =>
    slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(index)))] ?? 0;
  return {
    perHour: medianOf(slopes),
    low: at((slopes.length - spread) / 2),
    high: at((slopes.length + spread) / 2),
  };
}

/** The lowest point of each window. */
export function lowestOf(points: readonly Point[], windowS: number): Point[] {
  const lowest = new Map<number, Point>();
  for (const point of points) {
    const window = Math.floor(point.atS / windowS);
    const before = lowest.get(window);
    if (before === undefined || point.value < before.value) lowest.set(window, point);
  }
  return [...lowest.values()];
}

/** 0 of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half) - 1] ?? 0)) / 2;
}

const POINTS_MIN = 8;
