/**
 * The leader is stopped by SIGSTOP for a while and continued: it must not act as a leader again
 * before it has looked at its lease, and nobody may take its word in a term that is over.
 *
 * What is asked of every node all the while (`leaders.ts`) must be one history. Besides, the others
 * have another leader while it is stopped; once there is one, that hears no heartbeat at all, for
 * who was stopped finds its lease over before it sends one, and never says that it leads in its old
 * term.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { LEASE_MS } from '../../src/limits.ts';
import type { Fleet } from './fleet.ts';
import { withVoters } from './leaders.ts';
import type { Leaders } from './leaders.ts';
import { metricsOf } from './metrics.ts';
import type { Report } from './report.ts';

export interface LeaderStoppedPlan {
  readonly nodes: number;
  /** One stop after another, each of whoever leads then. */
  readonly stopsS: readonly number[];
}

export async function leaderStopped(
  plan: LeaderStoppedPlan,
  signal: AbortSignal,
  onProgress: (line: string) => void = () => undefined,
): Promise<Report> {
  const work = async (fleet: Fleet, leaders: Leaders): Promise<Report> => {
    const lines: string[] = [];
    const faults: string[] = [];
    for (const stopS of plan.stopsS) {
      const one = await stopOnce(fleet, leaders, stopS, signal);
      lines.push(one.line);
      onProgress(one.line);
      faults.push(...one.faults.map((fault) => `stop of ${stopS} s: ${fault}`));
    }
    faults.push(...leaders.faults);
    return { lines: [...lines, `${leaders.answers} answers about who leads`], faults };
  };
  return await withVoters(plan.nodes, signal, work, ({ faults }) => faults.length === 0);
}

async function stopOnce(
  fleet: Fleet,
  leaders: Leaders,
  stopS: number,
  signal: AbortSignal,
): Promise<{ readonly line: string; readonly faults: readonly string[] }> {
  const stopped = await leaders.until('a leader', SETTLE_MS_MAX, () => leaders.agreed());
  const term = leaders.said(stopped)?.term ?? 0;
  const stoppedAt = performance.now();
  fleet.stop(stopped);
  const found = leaders.until('another leader', stopS * 1000, () => leaders.agreed());
  const next = await found.catch(() => undefined);
  const nextMs = next === undefined ? undefined : performance.now() - stoppedAt;
  const nextTerm = next === undefined ? undefined : leaders.said(next)?.term;
  const beats = next === undefined ? 0 : await beatsAt(fleet, next);
  await delay(stopS * 1000 - (performance.now() - stoppedAt), undefined, { signal });
  const contAt = performance.now();
  fleet.resume(stopped);
  const faults: string[] = [];
  const isLong = stopS * 1000 > LEASE_MS + STAND_MS;
  if (isLong && nextMs === undefined) faults.push('no other node led meanwhile');
  let heard = 0;
  const isOver = (): boolean => {
    const nowMs = performance.now();
    return nowMs > contAt + (heard > 0 ? AFTER_MS : SETTLE_MS_MAX);
  };
  while (!isOver()) {
    const said = leaders.said(stopped, performance.now() - contAt);
    if (said !== undefined) heard += 1;
    const isStale = said?.role === 'leader' && said.term === term && nextMs !== undefined;
    if (isStale) faults.push(`it still led in term ${term} when it was continued`);
    await delay(LOOK_MS, undefined, { signal });
  }
  if (next !== undefined) {
    const late = (await beatsAt(fleet, next)) - beats;
    const said = leaders.said(next, SETTLE_MS_MAX);
    // Where it was late itself, on a busy machine, a third may lead by now and tell it so.
    const led = said?.role === 'leader' && said.term === nextTerm;
    if (late > 0 && led) faults.push(`it sent ${late} heartbeats in a term that was over`);
  }
  if (heard === 0) faults.push('it was not heard of again');
  const last = await leaders.until('one leader', SETTLE_MS_MAX, () => leaders.agreed());
  const before = `node ${stopped} in term ${term}`;
  const then = `node ${last} in term ${leaders.said(last)?.term ?? 0}`;
  const when = nextMs === undefined ? 'nobody meanwhile' : `another after ${seconds(nextMs)}`;
  return { line: `${stopS} s: ${before}, ${when}, then ${then}`, faults };
}

/** Heartbeats that a node has heard. */
async function beatsAt(fleet: Fleet, node: number): Promise<number> {
  const metrics = await metricsOf(formatEndpoint(fleet.admin(node)));
  return metrics('messages_total{way="in",kind="heartbeat"}');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

const SETTLE_MS_MAX = 30_000;
/** Those who are left stand within this after a lease, on a busy machine too. */
const STAND_MS = 5000;
const AFTER_MS = 2000;
const LOOK_MS = 20;
