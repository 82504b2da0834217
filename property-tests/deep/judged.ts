/**
 * A history run from its plan to its verdict, and the lines that tell of it. A failed run leaves
 * its history as lines of JSON.
 */
import { check, knownShare } from './checker.ts';
import type { RuleName, Verdict } from './checker.ts';
import { keepRecords } from './ending.ts';
import { withFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { History, HistoryRecord } from './history.ts';
import { record } from './network.ts';
import type { NetworkPlan } from './network.ts';

export interface Judged {
  readonly verdict: Verdict;
  readonly lines: readonly string[];
  /** Why the run failed; empty when it did not. */
  readonly faults: readonly string[];
}

/** @param mayLose whether acknowledged values that are gone in the end are told, not a failure */
export async function judgedRun(
  plan: NetworkPlan,
  mayLose: boolean,
  signal: AbortSignal,
  onProgress: (operations: number) => void = () => undefined,
): Promise<Judged> {
  const history: HistoryRecord[] = [];
  const keep = async (): Promise<string> =>
    `the history is in ${await keepRecords(`history-${plan.seed}`, history)}`;
  const work = async (fleet: Fleet): Promise<Judged> => {
    await fleet.startAll();
    await record(fleet, plan, history, signal, onProgress);
    const verdict = check(history);
    const faults = faultsOf(verdict, mayLose ? ['stale', 'lost'] : ['stale']);
    if (faults.length > 0) faults.push(await keep(), `the disks are in ${fleet.dir}`);
    return { verdict, lines: linesOf(history, verdict), faults };
  };
  try {
    return await withFleet(plan.nodes, signal, work, ({ faults }) => faults.length === 0);
  } catch (error) {
    throw new Error(`the run broke off: ${await keep()}`, { cause: error });
  }
}

/** @param mayBe rules whose violations are told, not a failure */
export function faultsOf(verdict: Verdict, mayBe: readonly RuleName[]): string[] {
  const counted = verdict.findings.filter(({ rule }) => !mayBe.includes(rule));
  const faults = counted.slice(0, FINDINGS_TOLD).map(({ rule, text }) => `${rule}: ${text}`);
  if (counted.length > FINDINGS_TOLD) faults.push(`and ${counted.length - FINDINGS_TOLD} more`);
  const share = knownShare(verdict);
  if (share < KNOWN_SHARE_MIN) {
    faults.push(`only ${percent(share)} of the operations had a known outcome: nothing is shown`);
  }
  return faults;
}

function linesOf(history: History, verdict: Verdict): readonly string[] {
  const struck = (type: string): number => history.filter((one) => one.type === type).length;
  return [`faults      ${struck('kill')} kills, ${struck('stop')} stops`, ...verdictLines(verdict)];
}

export function verdictLines(verdict: Verdict): readonly string[] {
  const { rules, lostAs } = verdict;
  const known = percent(knownShare(verdict));
  const finals = rules.lost.checked + rules.lost.unknown;
  return [
    `puts        ${countsLine(verdict.puts)}`,
    `gets        ${countsLine(verdict.gets)}`,
    `known       ${known} of the operations (at least ${percent(KNOWN_SHARE_MIN)} needed)`,
    ...RULES.map((rule) => ruleLine(rule, verdict)),
    `final reads ${finals}: ${lostAs.absent} found nothing, ${lostAs.older} an older value`,
  ];
}

function countsLine(counts: Readonly<Record<string, number>>): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  return `${all}: ${parts.join(', ')}`;
}

function ruleLine(name: RuleName, { rules }: Verdict): string {
  const { checked, unknown, violations } = rules[name];
  return `${name.padEnd(11)} ${checked} checked, ${unknown} unknown, ${violations} violations`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const RULES = ['invention', 'expiry', 'going back', 'stale', 'lost'] as const;
const KNOWN_SHARE_MIN = 0.5;
const FINDINGS_TOLD = 20;
