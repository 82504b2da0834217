/**
 * What a simulation knows from files: plain data, already checked, that can be copied to another
 * thread. `sim/edge/materials.ts` reads it; the engine only takes it.
 */

import type { SessionCurve } from './churn/session-curve.ts';
import type { Matrix } from './latency/matrix.ts';

export interface Materials {
  /** Of `--latency matrix:FILE`. */
  readonly matrix?: Matrix;
  /** Of `--churn cdf:FILE` and `--churn survival:FILE`. */
  readonly sessions?: SessionCurve;
}
