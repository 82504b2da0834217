/**
 * Opens the admin server of a node, with the counting that it shows: nothing is counted in a node
 * that has none.
 */
import { monotonicMs } from '../clock.ts';
import type { Endpoint } from '../links/address.ts';
import { serveAdmin } from './admin.ts';
import type { Admin } from './admin.ts';
import { Metrics } from './metrics.ts';
import { observe } from './observed.ts';
import type { Observed, ObservedParts } from './observed.ts';

/** @throws UsageError when the address cannot be listened on */
export async function openAdmin(at: Endpoint, parts: ObservedParts): Promise<Admin> {
  const startedAt = monotonicMs();
  const { log, warnings, watch } = parts.ground;
  const look = (): Observed => observe(parts, monotonicMs(), startedAt);
  const metrics = new Metrics(look, parts.engine.links.counts);
  watch.step = (input, effects) => {
    metrics.step(input, effects);
  };
  watch.operation = (kind, outcome, seconds) => {
    metrics.operation(kind, outcome, seconds);
  };
  return await serveAdmin(at, { observe: look, metrics, warnings: () => warnings, log });
}
