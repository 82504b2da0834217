/**
 * The result of a simulation in a screenful, for people. Scripts take `--json` or result.json,
 * which hold everything; here stands what one looks at first.
 */

import type { Distribution } from '../sim/distribution.ts';
import type { SimResult } from '../sim/result.ts';

export function summaryOf(result: SimResult, out: string | undefined): string {
  const { config, lookups, values, tables, churn, traffic } = result;
  const lines = [
    `${config.nodes} nodes, ${seconds(result.simulatedMs)} s simulated, seed ${result.seed}`,
    `digest    ${result.digest}`,
    `messages  ${result.messages} in ${seconds(result.cpuMs)} s of CPU: ` +
      `${perSecond(result.messages, result.cpuMs)} per CPU second, ` +
      `${Math.round(result.peakRssBytes / 2 ** 20)} MiB resident`,
  ];
  if (config.lookups > 0) {
    lines.push(
      `lookups   ${lookups.count}: ${share(lookups.succeeded, lookups.count)} succeeded, ` +
        `${share(lookups.exact, lookups.count)} exact`,
      `  hops      ${spread(lookups.hops, 2)}`,
      `  latency   ${spread(lookups.latencyMs, 0)} ms`,
      `  messages  ${spread(lookups.messages, 1)}`,
    );
  }
  if (config.puts > 0) {
    lines.push(
      `values    ${values.puts} PUT, ${share(values.stored, values.puts)} acknowledged; ` +
        `${values.gets} GET, ${values.found} found, ${values.notFound} not, ${values.wrong} wrong`,
      `  at end    ${values.lost} lost, ${values.immortal} immortal, ` +
        `replicas ${spread(values.replicas, 1)}`,
      `  latency   PUT ${spread(values.putLatencyMs, 0)} ms; ` +
        `GET ${spread(values.getLatencyMs, 0)} ms`,
    );
  }
  if (result.skipped > 0)
    lines.push(`skipped   ${result.skipped} operations that nobody could ask`);
  lines.push(
    `tables    ${tables.contacts.count} nodes at the end, ` +
      `${tables.contactsMean.toFixed(1)} contacts each, ` +
      `${(100 * tables.deadShare).toFixed(1)} % dead, ` +
      `${(100 * tables.knowAllNearest).toFixed(1)} % know all their nearest`,
    `churn     ${churn.sessions} sessions, ${(100 * churn.onlineShare).toFixed(1)} % online`,
    `traffic   ${traffic.perNodePerSecond.toFixed(2)} messages per node and second`,
  );
  if (out !== undefined) lines.push(`written   ${out}/result.json`);
  return `${lines.join('\n')}\n`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function perSecond(count: number, ms: number): string {
  return ms === 0 ? '-' : Math.round((1000 * count) / ms).toLocaleString('en');
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(2)} %`;
}

function spread(distribution: Distribution, digits: number): string {
  const { mean, p50, p99, max } = distribution;
  if (mean === null || p50 === null || p99 === null || max === null) return '-';
  const figures = [mean.toFixed(digits + 1), ...[p50, p99, max].map((x) => x.toFixed(digits))];
  return `mean ${figures[0]}, p50 ${figures[1]}, p99 ${figures[2]}, max ${figures[3]}`;
}
