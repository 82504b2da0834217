/**
 * The one place that speaks to benny: runs the cases of a suite and turns its summary into plain
 * numbers per operation. benny's charts and files are not used.
 *
 * Rules of a case: `run` performs `operations` of them in a loop of its own, on inputs that differ
 * from round to round and were made beforehand; each result goes to `count` or `hold`, so that the
 * compiler cannot leave the work out. The loop belongs to the case, not to a shared helper, because
 * a shared call site would be megamorphic.
 *
 * The median of the samples is the figure to compare: a mean grows with every pause of the machine.
 */
import { add, configure, suite } from 'benny';

export interface Case {
  readonly name: string;
  /** How many operations one call of `run` performs. */
  readonly operations: number;
  readonly run: () => void;
}

export interface Pace {
  readonly seed: string;
  /** Few and short samples: shows that everything runs, and orders of magnitude. */
  readonly quick: boolean;
}

export interface CaseReport {
  readonly name: string;
  /** Per operation, over the samples. */
  readonly medianNs: number;
  readonly minNs: number;
  /** Relative margin of error of the mean, in percent. */
  readonly marginPercent: number;
  readonly samples: number;
}

export interface SuiteReport {
  readonly suite: string;
  readonly cases: readonly CaseReport[];
  /** Depends on every counted result. */
  readonly sink: number;
}

/** @throws Error when a case throws, named after it */
export async function measure(
  name: string,
  pace: Pace,
  cases: readonly Case[],
): Promise<SuiteReport> {
  let failure: Error | undefined;
  const added = cases.map(({ name: title, run }) =>
    add(title, () => {
      try {
        run();
      } catch (cause) {
        failure = new Error(`suite ${name}, case "${title}": ${String(cause)}`, { cause });
        throw failure;
      }
    }),
  );
  const samples = configure({ cases: pace.quick ? QUICK : FULL });
  // benny may reject with an event of its own instead of the error.
  const summary = await suite(name, samples, ...added).catch((reason: unknown) => {
    throw failure ?? reason;
  });
  const reports = summary.results.map((result, i) => {
    const operations = cases[i]?.operations ?? 1;
    const { median, min, relativeMarginOfError } = result.details;
    return {
      name: result.name,
      medianNs: (median * 1e9) / operations,
      minNs: (min * 1e9) / operations,
      marginPercent: relativeMarginOfError,
      samples: result.samples,
    };
  });
  return { suite: name, cases: reports, sink: SINK[0] ?? 0 };
}

/** Takes a number in that would else be unused. */
export function count(value: number): void {
  SINK[0] = ((SINK[0] ?? 0) + value) | 0;
}

/** Keeps an object for a moment: it has really to be made, as it may be looked at. */
export function hold(value: object): void {
  HELD.value = value;
}

const FULL = { minTime: 0.04, maxTime: 1, minSamples: 10 };
const QUICK = { minTime: 0.01, maxTime: 0.1, minSamples: 4 };

const SINK = new Int32Array(1);
const HELD: { value: object } = { value: SINK };
