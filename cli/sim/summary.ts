/**
 * The result of a simulation in a screenful, for people. Scripts take `--json` or result.json,
 * which hold everything; here stands what one looks at first, in words that need no key.
 */
import { join } from 'node:path';
import { lateMsMax, typicalMs } from '../../real/lateness.ts';
import { TIME_SCALE_MAX } from '../../real/playable.ts';
import { optionsOf, settingLines } from '../../sim/edge/report/settings-text.ts';
import type { Scenario } from '../../sim/edge/scenario.ts';
import type { Distribution } from '../../sim/observer/distribution.ts';
import type { Playing, RunResult } from '../../sim/result/result.ts';
import { counted } from '../output.ts';

export function summaryOf(
  result: RunResult,
  scenario: Pick<Scenario, 'name' | 'question'> | undefined,
  out: string | undefined,
): string {
  const lines = [
    ...(scenario === undefined
      ? []
      : [`${scenario.name}${scenario.question === undefined ? '' : `: ${scenario.question}`}`]),
    ...headOf(result),
    ...lookupsOf(result),
    ...valuesOf(result),
    ...networkOf(result),
    ...(out === undefined
      ? []
      : [`report    ${join(out, 'report.html')}, with result.json and tables beside it`]),
  ];
  return `${lines.join('\n')}\n`;
}

function headOf(result: RunResult): readonly string[] {
  const { config, seed, digest, messages, cpuMs, peakRssBytes, playing } = result;
  const chosen = settingLines(optionsOf(config))
    .filter(({ isDefault, key }) => !isDefault && !HEAD_HAS.has(key))
    .map(({ key, value }) => `${key} ${value}`);
  const { workloads, faults } = config;
  if (workloads.length > 0) chosen.push(counted(workloads.length, 'workload'));
  if (faults.length > 0) chosen.push(counted(faults.length, 'fault'));
  const settings = chosen.length === 0 ? [] : [`settings  ${chosen.join(', ')}`];
  const took = time(result.simulatedMs);
  if (playing !== undefined) {
    return [
      `${counted(config.nodes, 'real node')}, ${took} played, seed ${seed}`,
      ...settings,
      ...machineOf(playing, result),
    ];
  }
  return [
    `${counted(config.nodes, 'node')}, ${took} simulated, seed ${seed}`,
    ...settings,
    `digest    ${digest ?? 'none'}`,
    `cost      ${messages.toLocaleString('en')} messages in ${time(cpuMs)} of processor time, ` +
      `${rate(messages, cpuMs)} per second; ${Math.round(peakRssBytes / 2 ** 20)} MiB of memory`,
  ];
}

function machineOf(playing: Playing, result: RunResult): readonly string[] {
  const { seats, timeScale, lateMs, tooLate } = playing;
  const { mean, p50, p99 } = lateMs;
  return [
    `machine   a ${seats} for each node, ${timeScale} s for each second; timers late by ` +
      `${mean.toFixed(1)} ms in the mean, ${p50.toFixed(1)} median, 99 % within ${p99.toFixed(1)}`,
    ...(tooLate ? tooLateLines(playing, result) : []),
  ];
}

function tooLateLines({ timeScale, lateMs }: Playing, result: RunResult): readonly string[] {
  const most = lateMsMax(typicalMs(result));
  // Real lateness is what the machine makes of its work; in a longer time it weighs less.
  const enough = Math.ceil((timeScale * lateMs.mean) / most);
  const canStretch = enough <= TIME_SCALE_MAX && result.config.departure !== 'leave';
  const fast = `a fast network needs --time-scale ${enough} or more, `;
  return [
    `          TOO LATE for latencies to mean anything: ${ms(lateMs.mean)} in the mean, where`,
    `          operations so fast allow ${ms(most)}: ${canStretch ? fast : ''}a busy machine ` +
      'fewer nodes',
  ];
}

function ms(value: number): string {
  return `${Number(value.toPrecision(2))} ms`;
}

const HEAD_HAS: ReadonlySet<string> = new Set([
  'nodes',
  'seed',
  'workers',
  'wire',
  'workloads',
  'faults',
]);

function lookupsOf({ config, lookups }: RunResult): readonly string[] {
  const asked = config.lookups > 0 || config.workloads.some(({ kind }) => kind === 'lookup');
  if (!asked) return [];
  const { count, hops } = lookups;
  if (count === 0) return ['lookups   none ended at a node that was still there'];
  if (config.nodes === 1) return [`lookups   ${count}: a node alone has nobody to ask`];
  const own = hops.histogram['0'] ?? 0;
  return [
    `lookups   ${count}: ${share(lookups.succeeded, count)} succeeded, ` +
      `${share(lookups.exact, count)} found exactly the nearest nodes`,
    `  hops      ${spread(hops)}`,
    ...(own === 0
      ? []
      : [`            0 hops (${share(own, 1)}): the asker itself was among the nearest`]),
    ...(lookups.hopsToTarget.count === 0 ? [] : [`  to target ${spread(lookups.hopsToTarget)}`]),
    `  latency   ${spread(lookups.latencyMs, 'ms')}`,
    `  messages  ${spread(lookups.messages)}`,
  ];
}

function valuesOf({ config, values }: RunResult): readonly string[] {
  const asked = config.puts > 0 || config.workloads.some(({ kind }) => kind === 'put');
  if (!asked) return [];
  const { puts, gets, found, notFound, wrong, lost, unreachable, immortal } = values;
  const fate = [
    [lost, 'lost'],
    [unreachable, 'on offline disks only'],
    [immortal, 'outlived their time'],
  ] as const;
  const bad = fate.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const end = bad.length === 0 ? 'none lost' : bad.join(', ');
  return [
    `values    ${puts} PUT: ${share(values.stored, puts)} acknowledged` +
      (gets === 0
        ? ''
        : `; ${gets} GET: ${share(found, gets)} found, ${notFound} not, ${wrong} wrong`),
    `  at end    ${end}; replicas ${spread(values.replicas)}`,
    `  latency   PUT ${spread(values.putLatencyMs, 'ms')}` +
      (gets === 0 ? '' : `; GET ${spread(values.getLatencyMs, 'ms')}`),
  ];
}

function networkOf({
  config,
  skipped,
  tables,
  churn,
  traffic,
  election,
}: RunResult): readonly string[] {
  const isStill = config.churn.type === 'none' && config.faults.length === 0;
  return [
    ...(skipped === 0
      ? []
      : [
          `skipped   ${counted(skipped, 'operation')}: nobody could ask, or nothing was stored yet`,
        ]),
    `tables    ${tables.contactsMean.toFixed(1)} contacts per node, ` +
      `${percent(tables.deadShare)} of them offline; ` +
      `${percent(tables.knowAllNearest)} of the nodes know all their nearest`,
    ...(isStill
      ? []
      : [
          `churn     ${counted(churn.sessions, 'session')} begun, ` +
            `${percent(churn.onlineShare)} of the nodes online on average`,
        ]),
    ...electionOf(election),
    `traffic   ${traffic.perNodePerSecond.toFixed(2)} messages per online node and second`,
  ];
}

function electionOf(election: RunResult['election']): readonly string[] {
  if (election === undefined) return [];
  const { voters, terms, led, crashes, stepDowns, failoverMs, overlap, listed } = election;
  return [
    `leader    ${voters} voters: ${counted(terms, 'term')}, one led ${percent(led)} of the time` +
      (overlap === 0 ? '' : `, two ${percent(overlap)}`) +
      `; crashes of leaders ${crashes}, other ends ${stepDowns}`,
    ...(failoverMs.count === 0 ? [] : [`  failover  ${spread(failoverMs, 'ms')}`]),
    `  list      ${percent(listed)} of the nodes have the newest list of introducers`,
  ];
}

function time(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function rate(count: number, ms: number): string {
  return ms === 0 ? '-' : Math.round((1000 * count) / ms).toLocaleString('en');
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : percent(part / whole);
}

/** With as many digits as tell it from nothing and from all. */
function percent(part: number): string {
  if (part === 0 || part === 1) return `${100 * part} %`;
  return `${(100 * part).toFixed(part > 0.999 || part < 0.001 ? 3 : 1)} %`;
}

function spread({ mean, p50, p99, max }: Distribution, unit = ''): string {
  if (mean === null || p50 === null || p99 === null || max === null) return 'none';
  const digits = unit === '' ? 2 : 0;
  const whole = unit === '' ? 1 : 0;
  const [half, most, top] = [p50, p99, max].map((value) => String(Number(value.toFixed(whole))));
  const after = unit === '' ? '' : ` ${unit}`;
  return `mean ${mean.toFixed(digits)}, median ${half}, 99 % within ${most}, max ${top}${after}`;
}
