/**
 * The settings of a simulation as a program writes them: the keys and values of a scenario file
 * (docs/simulation.md, scenarios/schema.json). Types only; what a value may be is judged when it is
 * read. Invariant: the keys are those of the table of settings, held together by a test.
 */

/** A length of time: `'500ms'`, `'90s'`, `'10m'`, `'1.5h'`, `'7d'`, or 0. */
export type Duration = string | 0;
/** 0 to 1, or as in `'5%'`. */
export type Share = number | string;

export interface Settings {
  readonly nodes?: number;
  readonly tables?: 'joined' | 'converged';
  readonly k?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly nearest?: number;
  readonly paths?: number;
  readonly replication?: number;
  readonly floor?: number;
  readonly repair?: Duration;
  readonly ttl?: Duration;
  /** Deadline of a call in ms. */
  readonly timeout?: 'adaptive' | number;
  readonly deadline?: Duration;
  /** As in `'uniform:10,100'`, in ms. */
  readonly latency?: string;
  /** In ms. */
  readonly 'min-latency'?: number;
  readonly jitter?: Share;
  readonly links?: 'dial' | 'dial-back' | 'warm';
  readonly loss?: Share;
  readonly silent?: Share;
  /** As in `'exponential:1h'`. */
  readonly churn?: string;
  readonly departure?: 'crash' | 'leave';
  readonly disk?: 'empty' | 'keep';
  /** As in `'0.2:drop'`. */
  readonly adversaries?: string;
  /** 0, 3, 5 or 7. */
  readonly voters?: number;
  readonly introducers?: number;
  readonly 'hostile-introducers'?: number;
  readonly lookups?: number;
  /** As in `'10/s'`. */
  readonly 'lookup-rate'?: string;
  readonly targets?: 'random' | 'nodes';
  readonly puts?: number;
  readonly gets?: number;
  readonly 'value-bytes'?: number;
  readonly zipf?: number;
  readonly seed?: number | string;
  readonly duration?: Duration;
  readonly warmup?: Duration;
  /** Threads; the digest stays the same. */
  readonly workers?: number;
  readonly wire?: boolean;
  readonly phases?: { readonly warmup?: Duration; readonly measure?: Duration };
  readonly workloads?: readonly Workload[];
  readonly faults?: readonly Fault[];
}

/** Beside those of `lookups`, `puts` and `gets`: a count or a rate. */
export interface Workload {
  readonly kind: 'lookup' | 'put' | 'get';
  readonly count?: number;
  /** As in `'10/s'`. */
  readonly rate?: string;
  /** After the warm-up. */
  readonly from?: Duration;
  readonly over?: Duration;
  readonly targets?: 'random' | 'nodes';
  readonly zipf?: number;
  readonly ttl?: Duration;
}

/** Something that goes wrong at a time, counted from the end of the warm-up. */
export type Fault =
  | {
      readonly type: 'mass-failure';
      readonly at: Duration;
      readonly share: Share;
      /** Or `'never'`. */
      readonly return?: Duration;
      /** `'dead'`: all of them go, and never come back. */
      readonly introducers?: 'dead' | 'return';
    }
  | {
      readonly type: 'partition' | 'loss';
      readonly at: Duration;
      readonly for: Duration;
      readonly share: Share;
    }
  | {
      readonly type: 'join-storm';
      readonly at: Duration;
      readonly over: Duration;
      readonly nodes: number;
    }
  | {
      readonly type: 'leader-crash';
      readonly at: Duration;
      /** Or `'never'`. */
      readonly return?: Duration;
    };
