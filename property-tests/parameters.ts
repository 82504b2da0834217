/**
 * What fast-check is told in every property test, be it a `law` (`harness.ts`) or a `testProp`.
 *
 * The seed is fixed, so that every run of the suite tries the same cases. ORRERY_SEED tries others,
 * ORRERY_RUNS tries more (or fewer) of each law, ORRERY_PATH goes straight to one case.
 */

/** The seed of a suite that was given none. */
const SEED = 20_021_112;

export interface Parameters {
  readonly seed: number;
  readonly numRuns: number;
  readonly path?: string;
}

/** @param count how many cases are tried when ORRERY_RUNS does not say otherwise */
export function runs(count: number): Parameters {
  const asked = Number(process.env['ORRERY_RUNS'] ?? '');
  const numRuns = Number.isSafeInteger(asked) && asked > 0 ? asked : count;
  const seed = process.env['ORRERY_SEED'];
  const path = process.env['ORRERY_PATH'];
  return {
    seed: seed === undefined ? SEED : Number(seed) | 0,
    numRuns,
    ...(path === undefined ? {} : { path }),
  };
}
