/**
 * Small random networks with hostile nodes of one kind, and a workload in which all kinds of
 * operations meet them.
 */
import fc from 'fast-check';
import type { AdversaryKind, SimOptions } from '../../sim/options.ts';
import { smallOptions } from './sim-kit.ts';

export const LOOKUPS = 40;
export const PUTS = 10;
export const GETS = 40;
export const work = {
  lookups: LOOKUPS,
  puts: PUTS,
  gets: GETS,
  replication: 4,
  durationMs: 20_000,
};

export const network = fc.record(
  {
    nodes: fc.integer({ min: 20, max: 50 }),
    seed: fc.nat({ max: 9999 }).map(String),
    k: fc.integer({ min: 8, max: 20 }),
    paths: fc.integer({ min: 1, max: 3 }),
    links: fc.constantFrom('dial' as const, 'dial-back' as const, 'warm' as const),
    targets: fc.constantFrom('random' as const, 'nodes' as const),
    tables: fc.constantFrom('converged' as const, 'joined' as const),
    share: fc.constantFrom(0.1, 0.2, 0.3),
  },
  { noNullPrototype: true },
);
type Drawn = typeof network extends fc.Arbitrary<infer T> ? T : never;

export function optionsOf({ share, ...drawn }: Drawn, kind: AdversaryKind): SimOptions {
  const { nodes, k } = drawn;
  const of = { nearest: Math.min(k, nodes), beta: k, adversaries: { share, kind } };
  return { ...smallOptions, ...work, ...drawn, ...of };
}
