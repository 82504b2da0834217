/**
 * Whether options can work together at all: a network with enough nodes for its replicas, shares
 * that leave an honest node over, work and faults within the measured time.
 *
 * Rule: one line for each mistake, not for each of its consequences; a line names the setting as
 * its reader wrote it and says what to do.
 */

import { configFaults } from '../src/config.ts';
import { VALUE_BYTES_MAX, VOTERS_MAX } from '../src/limits.ts';
import { nodeConfig, NODES_MAX } from './options.ts';
import type { FaultSpec, SimOptions, WorkKind, WorkSpec } from './options.ts';

/**
 * @param word what a setting is called where it was given; a flag unless told
 * @returns what cannot be, one line each
 */
export function optionFaults(
  options: SimOptions,
  word: (key: string) => string = (key) => `--${key}`,
): readonly string[] {
  const { nodes, replication } = options;
  if (!(Number.isSafeInteger(nodes) && nodes >= 1 && nodes <= NODES_MAX)) {
    return [`${word('nodes')} must be a whole number from 1 to ${NODES_MAX}, not ${nodes}`];
  }
  const broken = configFaults(nodeConfig(options));
  // What is derived from k is wrong with it.
  const ofK = broken.filter((fault) => fault.startsWith('k '));
  const faults = (ofK.length > 0 ? ofK : broken).map((fault) =>
    fault.replace(/^\w+/, (field) => word(CONFIG_KEYS[field] ?? field)),
  );
  if (ofK.length === 0 && replication > nodes) {
    const needed = `${word('replication')} ${replication} needs at least as many`;
    faults.push(`${needed} ${word('nodes')}, not ${nodes}`);
  }
  faults.push(...valueFaults(options, word), ...introducerFaults(options, word));
  return [...faults, ...workFaults(options, word)];
}

type Word = (key: string) => string;

/** Fields of a node's configuration that have another name as a setting. */
const CONFIG_KEYS: Readonly<Record<string, string>> = {
  timeoutMs: 'timeout',
  operationMs: 'deadline',
  ttlSMax: 'ttl',
  ttlS: 'ttl',
};

/** Single values, and shares that must leave somebody over. */
function valueFaults(options: SimOptions, word: Word): readonly string[] {
  const { valueBytes, silent, adversaries, churn } = options;
  const faults: string[] = [];
  if (!(valueBytes >= 1 && valueBytes <= VALUE_BYTES_MAX)) {
    faults.push(`${word('value-bytes')} must be from 1 to ${VALUE_BYTES_MAX}`);
  }
  for (const key of ['loss', 'jitter', 'silent'] as const) {
    const share = options[key];
    if (!(share >= 0 && share < 1)) faults.push(`${word(key)} must be at least 0 and below 1`);
  }
  const hostile = adversaries?.share ?? 0;
  if (silent < 1 && silent + hostile >= 1) {
    faults.push(
      `${word('silent')} ${silent} and ${word('adversaries')} ${hostile} leave no honest node: ` +
        'together they must be below 1',
    );
  }
  if (!(options.minLatencyMs >= 0.001)) {
    faults.push(`${word('min-latency')} must be at least 0.001 ms`);
  }
  if (churn.type === 'exponential' && !(churn.meanOnMs >= 1000)) {
    faults.push(`${word('churn')} needs a mean session of at least 1s`);
  }
  const { voters, nodes } = options;
  if (voters !== 0 && (voters % 2 === 0 || voters < 3 || voters > VOTERS_MAX)) {
    faults.push(`${word('voters')} must be 0, 3, 5 or 7, for two halves elect nobody`);
  } else if (voters > nodes) {
    faults.push(`${word('voters')} ${voters} need at least as many ${word('nodes')}, not ${nodes}`);
  }
  return faults;
}

function introducerFaults(options: SimOptions, word: Word): readonly string[] {
  const { nodes, introducers, hostileIntroducers, adversaries } = options;
  const faults: string[] = [];
  if (introducers > nodes) {
    faults.push(
      `${word('introducers')} ${introducers} are more than all ${word('nodes')}: ${nodes}`,
    );
  }
  const hostile = `${word('hostile-introducers')} ${hostileIntroducers}`;
  if (hostileIntroducers > introducers) {
    faults.push(`${hostile} are more than all ${word('introducers')}: ${introducers}`);
  } else if (hostileIntroducers > 0 && adversaries === null) {
    faults.push(`${hostile}: give ${word('adversaries')} too, which say what hostile nodes do`);
  }
  return faults;
}

/** What is asked of the nodes, and when things go wrong: all within the measured time. */
function workFaults(options: SimOptions, word: Word): readonly string[] {
  const { durationMs, lookups, puts, gets, workloads, faults: planned } = options;
  const faults: string[] = [];
  const has = (kind: WorkKind): boolean => workloads.some((work) => work.kind === kind);
  if ((gets > 0 || has('get')) && puts === 0 && !has('put')) {
    const reader = gets > 0 ? word('gets') : 'a workload of GETs';
    faults.push(`${reader} needs ${word('puts')}: only keys that were PUT are read`);
  }
  if (durationMs > 0) {
    const overdue = workloads.flatMap((work, i) => lateWork(work, i + 1, durationMs));
    return [
      ...faults,
      ...overdue,
      ...planned.flatMap((plan, i) => planFaults(plan, i + 1, options)),
    ];
  }
  const duration = word('duration');
  if (workloads.length + planned.length > 0) {
    faults.push(`workloads and faults need an end: give a ${duration} above 0`);
  } else if (lookups + puts + gets === 0) {
    const work = `${word('lookups')}, ${word('puts')} or ${word('gets')}`;
    faults.push(`${duration} 0 runs until the work is done: give ${work}`);
  }
  return faults;
}

function lateWork({ fromMs, overMs }: WorkSpec, number: number, endMs: number): readonly string[] {
  if (fromMs + overMs <= endMs) return [];
  const lasts = `goes on to ${(fromMs + overMs) / 1000} s`;
  return [`workload ${number} ${lasts}, but measuring ends at ${endMs / 1000} s: shorten it`];
}

const SHARE_MAX = { 'mass-failure': 1, partition: 0.5, loss: 1 } as const;

function planFaults(plan: FaultSpec, number: number, options: SimOptions): readonly string[] {
  const faults: string[] = [];
  const endMs = options.durationMs;
  if (plan.atMs >= endMs) {
    const begins = `begins at ${plan.atMs / 1000} s`;
    faults.push(`fault ${number} ${begins}, but measuring ends at ${endMs / 1000} s: move it`);
  }
  if (plan.type === 'leader-crash') {
    if (options.voters === 0)
      faults.push(`fault ${number} needs voters: without there is no leader`);
  } else if (plan.type === 'join-storm') {
    if (options.nodes + plan.nodes > NODES_MAX) {
      faults.push(`fault ${number} makes more than ${NODES_MAX} nodes: let fewer join`);
    }
  } else if (!(plan.share > 0 && plan.share <= SHARE_MAX[plan.type])) {
    faults.push(`share of fault ${number} must be above 0 and at most ${SHARE_MAX[plan.type]}`);
  }
  return faults;
}
