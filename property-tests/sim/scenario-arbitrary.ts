/**
 * Small simulations of every kind, drawn at random: for laws that must hold in any of them, such as
 * that the number of threads does not matter and that a snapshot can be gone on with.
 */
import fc from 'fast-check';
import { defaultOptions, type FaultSpec, type SimOptions } from '../../sim/options.ts';

const latency = fc.constantFrom<SimOptions['latency']>(
  { type: 'constant', ms: 50 },
  { type: 'uniform', lowMs: 10, highMs: 100 },
  { type: 'lognormal', medianMs: 60, sigma: 1 },
  { type: 'regions' },
);

const churn = fc.constantFrom<SimOptions['churn']>(
  { type: 'none' },
  { type: 'none' },
  { type: 'exponential', meanOnMs: 15_000, meanOffMs: null },
  { type: 'exponential', meanOnMs: 20_000, meanOffMs: 10_000 },
  { type: 'weibull', on: { scaleMs: 20_000, shape: 0.5 }, off: { scaleMs: 10_000, shape: 0.6 } },
);

const faults = fc.subarray<FaultSpec>([
  { type: 'mass-failure', atMs: 5000, share: 0.3, returnMs: 5000 },
  { type: 'mass-failure', atMs: 8000, share: 0.2, returnMs: null },
  { type: 'mass-failure', atMs: 9000, share: 0.5, returnMs: 2000, introducers: 'dead' },
  { type: 'partition', atMs: 6000, forMs: 4000, share: 0.4 },
  { type: 'join-storm', atMs: 4000, overMs: 3000, nodes: 10 },
  { type: 'loss', atMs: 3000, forMs: 3000, share: 0.3 },
]);

const adversaries = fc.constantFrom<SimOptions['adversaries']>(
  null,
  null,
  { share: 0.2, kind: 'drop' },
  { share: 0.2, kind: 'lie' },
  { share: 0.2, kind: 'stale' },
  { share: 0.1, kind: 'flood' },
);

const drawn = fc.record(
  {
    nodes: fc.integer({ min: 20, max: 60 }),
    seed: fc.nat({ max: 9999 }).map(String),
    k: fc.integer({ min: 8, max: 20 }),
    paths: fc.integer({ min: 1, max: 3 }),
    tables: fc.constantFrom('converged' as const, 'joined' as const),
    links: fc.constantFrom('dial' as const, 'dial-back' as const, 'warm' as const),
    departure: fc.constantFrom('crash' as const, 'leave' as const),
    disk: fc.constantFrom('empty' as const, 'keep' as const),
    targets: fc.constantFrom('random' as const, 'nodes' as const),
    durationMs: fc.constantFrom(0, 15_000),
    warmupMs: fc.constantFrom(0, 2500),
    loss: fc.constantFrom(0, 0.05),
    silent: fc.constantFrom(0, 0.1),
    jitter: fc.constantFrom(0, 0.2),
    zipf: fc.constantFrom(0, 1),
    wire: fc.boolean(),
    latency,
    churn,
    faults,
    adversaries,
    introducers: fc.constantFrom(0, 0, 3),
  },
  { noNullPrototype: true },
);

const work = { lookups: 40, puts: 12, gets: 30, lookupsPerSecond: 20, replication: 4 };

export const anyScenario = drawn.map((given): SimOptions => {
  // Without an end of its own a run is over with its workload: faults would come too late.
  const isOpen = given.durationMs === 0;
  const hostileIntroducers = given.adversaries === null ? 0 : Math.min(1, given.introducers);
  const faults = isOpen ? [] : given.faults;
  return defaultOptions({ ...given, ...work, hostileIntroducers, faults });
});
