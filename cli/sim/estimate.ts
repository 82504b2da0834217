/**
 * How large a simulation will be, before it begins: so that nobody waits for hours unwarned. The
 * figures per node and operation are those of the default settings, rounded; the estimate is meant
 * to be right within a factor of three.
 */
import { totalmem } from 'node:os';
import type { ChurnSpec, SimOptions } from '../../sim/options.ts';

export interface Estimate {
  readonly messages: number;
  readonly seconds: number;
  readonly bytes: number;
}

export function estimate(options: SimOptions): Estimate {
  const { nodes, lookups, puts, gets, workloads, faults } = options;
  const seconds = (options.warmupMs + options.durationMs) / 1000;
  const stormers = faults.reduce((sum, fault) => sum + ('nodes' in fault ? fault.nodes : 0), 0);
  const sessions = (nodes * seconds) / sessionSeconds(options.churn);
  const joins = (options.tables === 'joined' ? nodes : 0) + stormers + sessions;
  const asked = workloads.reduce((sum, { count }) => sum + count, lookups + puts + gets);
  const messages =
    MESSAGES_PER_JOIN * joins +
    MESSAGES_PER_NODE_SECOND * (nodes + stormers) * seconds +
    MESSAGES_PER_OPERATION * asked;
  return {
    messages,
    seconds: messages / MESSAGES_PER_SECOND,
    bytes: BYTES_BASE + BYTES_PER_NODE * (nodes + stormers + sessions),
  };
}

/** Lines for whoever has started a run that will take long, or more memory than there is. */
export function warningsFor(options: SimOptions, memoryBytes = totalmem()): readonly string[] {
  const { messages, seconds, bytes } = estimate(options);
  const lines: string[] = [];
  if (seconds > WARN_SECONDS) {
    const minutes = seconds / 60;
    const time =
      minutes < 90 ? `${minutes.toFixed(0)} minutes` : `${(minutes / 60).toFixed(0)} hours`;
    lines.push(
      `this is a large run: about ${amount(messages)} messages, ${time} at ` +
        `${amount(MESSAGES_PER_SECOND)} per second; fewer nodes or a shorter duration take less`,
    );
  }
  if (bytes > memoryBytes) {
    lines.push(
      `this run may need about ${gib(bytes)} GiB of memory, and here are ${gib(memoryBytes)}: ` +
        'fewer nodes need less',
    );
  }
  return lines;
}

const MESSAGES_PER_JOIN = 650;
const MESSAGES_PER_NODE_SECOND = 0.45;
const MESSAGES_PER_OPERATION = 45;
const MESSAGES_PER_SECOND = 100_000;
const BYTES_BASE = 200 * 2 ** 20;
const BYTES_PER_NODE = 5000;
const WARN_SECONDS = 300;

function sessionSeconds(churn: ChurnSpec): number {
  switch (churn.type) {
    case 'none':
      return Infinity;
    case 'exponential':
      return (churn.meanOnMs + (churn.meanOffMs ?? 0)) / 1000;
    case 'weibull':
      return (churn.on.scaleMs + (churn.off?.scaleMs ?? 0)) / 1000;
    case 'cdf':
    case 'survival':
      return TYPICAL_SESSION_S;
  }
}

/** Of sessions that stand in a file, which is not looked at here. */
const TYPICAL_SESSION_S = 3600;

function amount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} billion`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(0)} million`;
  return Math.round(count).toLocaleString('en');
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
