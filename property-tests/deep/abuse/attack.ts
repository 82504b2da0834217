/**
 * What an attack is: a name, and work that fills in what it found. The scale says how much of it
 * (the long form of a command, or the short one of `npm test`) and how far its bounds reach.
 */
import type { Findings } from './findings.ts';

export interface Scale {
  readonly seed: string;
  /** Whether this is the long form. */
  readonly isDeep: boolean;
  /** 99 of 100 honest requests must be answered in this, in ms; */
  readonly latencyMs: number;
  /** the same for PUTs, which wait for the disk; */
  readonly putMs: number;
  /** and 99 of 100 looks at the event loop must find it no later than this, in ms. */
  readonly loopMs: number;
}

export interface Attack {
  readonly name: string;
  readonly run: (scale: Scale, findings: Findings) => Promise<void>;
}

export function deep(seed: string): Scale {
  return { seed, isDeep: true, latencyMs: 250, putMs: 250, loopMs: 50 };
}

/** A few seconds each; beside other work only what is grossly late is a fault. */
export function small(seed: string): Scale {
  return { seed, isDeep: false, latencyMs: 8000, putMs: 15_000, loopMs: 5000 };
}
