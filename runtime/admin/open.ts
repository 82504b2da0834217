/**
 * Opens the admin server of a node, with the counting that it shows: nothing is counted in a node
 * that has none.
 */
import { monotonicMs } from '../clock.ts';
import type { Endpoint } from '../links/address.ts';
import { serveAdmin } from './admin.ts';
import type { Admin } from './admin.ts';
import { Lookups } from './lookups.ts';
import { Metrics } from './metrics.ts';
import { observe } from './observed.ts';
import type { Observed, ObservedParts } from './observed.ts';
import { Recent } from './recent.ts';
import { snapshot } from './snapshot.ts';

/** @throws UsageError when the address cannot be listened on */
export async function openAdmin(at: Endpoint, parts: ObservedParts): Promise<Admin> {
  const startedAt = monotonicMs();
  const { ground, engine } = parts;
  const { log, warnings, watch, refusals } = ground;
  const look = (): Observed => observe(parts, monotonicMs(), startedAt);
  const metrics = new Metrics(look, engine.links.counts, refusals);
  const lookups = new Lookups(ground, engine);
  const counting = { reads: new Recent(), writes: new Recent() };
  watch.step = (input, effects) => {
    metrics.step(input, effects);
    lookups.step(input, effects);
  };
  watch.operation = (kind, outcome, seconds) => {
    metrics.operation(kind, outcome, seconds);
    const recent = kind === 'put' ? counting.writes : counting.reads;
    recent.note(seconds * 1000, outcome === 'failed', monotonicMs());
  };
  return await serveAdmin(at, {
    observe: look,
    snapshot: () => snapshot(parts, counting, monotonicMs(), startedAt),
    metrics,
    lookups,
    warnings: () => warnings,
    log,
  });
}
