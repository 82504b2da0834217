/**
 * The node that introduces newcomers is killed by -9: it leads, and all others were told of it. New
 * nodes that have nothing but the signed list, fetched while it lived, find their way in; another
 * leads meanwhile, and the old one comes back as a follower.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { nameVoters, VOTERS_FILE, watched } from './leaders.ts';
import type { Leaders } from './leaders.ts';
import type { Report } from './report.ts';

export interface BootstrapKilledPlan {
  readonly nodes: number;
  readonly newcomers: number;
  /** From its start until it has joined. */
  readonly joinMsMax: number;
}

export async function bootstrapKilled(
  plan: BootstrapKilledPlan,
  signal: AbortSignal,
  onProgress: (line: string) => void = () => undefined,
): Promise<Report> {
  const { nodes, newcomers } = plan;
  const lines: string[] = [];
  const faults: string[] = [];
  const tell = (line: string): void => {
    lines.push(line);
    onProgress(line);
  };
  const work = async (fleet: Fleet): Promise<Report> => {
    await nameVoters(fleet, VOTERS);
    await fleet.start(0, []);
    for (let node = 1; node < nodes; node++) await fleet.start(node, [0]);
    return await watched(fleet, signal, async (leaders) => {
      await playOut(fleet, leaders, plan, tell, faults);
      return { lines, faults: [...faults, ...leaders.faults] };
    });
  };
  const argumentsOf = (node: number): readonly string[] =>
    node < VOTERS ? ['--voters', VOTERS_FILE] : node < nodes ? [] : ['--introducers', LIST];
  const options = { admin: true, argumentsOf };
  return await withFleet(
    nodes + newcomers,
    signal,
    work,
    (one) => one.faults.length === 0,
    options,
  );
}

async function playOut(
  fleet: Fleet,
  leaders: Leaders,
  { nodes, newcomers, joinMsMax }: BootstrapKilledPlan,
  tell: (line: string) => void,
  faults: string[],
): Promise<void> {
  // No voter, which might lead itself.
  const knows = nodes - 1;
  const list = join(fleet.dataDir(knows), 'introducers.json');
  const { first, term } = await leaders.until('a leader, and its list', LIMIT_MS, () => {
    const leader = leaderAmong(fleet, leaders);
    const said = leader === undefined ? undefined : leaders.said(leader);
    if (leader === undefined || said === undefined) return undefined;
    const isListed = leaders.said(knows)?.listed?.term === said.term;
    return isListed ? { first: leader, term: said.term } : undefined;
  });
  await copyFile(list, join(fleet.dir, LIST));
  const killedAt = performance.now();
  await fleet.kill(first);
  for (let node = nodes; node < nodes + newcomers; node++) {
    const startedAt = performance.now();
    await fleet.start(node, []);
    const tookMs = performance.now() - startedAt;
    tell(`a new node joined ${seconds(tookMs)} after its start`);
    if (tookMs > joinMsMax) faults.push(`a new node took ${seconds(tookMs)} to join`);
  }
  const second = await leaders.until('another leader', LIMIT_MS, () => leaderAmong(fleet, leaders));
  tell(`another led ${seconds(performance.now() - killedAt)} after the kill at the latest`);
  if (second === first) faults.push('the leader that was killed still leads');
  await fleet.start(first, [nodes]);
  await leaders.until('it follows', LIMIT_MS, () => {
    const said = leaders.said(first);
    const isBack = said?.role === 'follower' && said.term > term && said.leader !== undefined;
    return isBack ? true : undefined;
  });
  tell(`the old one follows in term ${leaders.said(first)?.term ?? 0}, it led in ${term}`);
}

/** Who leads by the word of all voters that are up. */
function leaderAmong(fleet: Fleet, leaders: Leaders): number | undefined {
  return leaders.agreed(fleet.those('up').filter((node) => node < VOTERS));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

const VOTERS = 5;
const LIST = 'introducers.json';
const LIMIT_MS = 60_000;
