/**
 * How late an attacker is itself: it runs behind everything else, and what it sees late is not to
 * be taken for what the node did late.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delays = monitorEventLoopDelay({ resolution: 10 });
delays.enable();

/** The longest of the last while, ms; begins anew. */
export function lagMs(): number {
  const ms = delays.max / 1e6;
  delays.reset();
  return ms;
}
