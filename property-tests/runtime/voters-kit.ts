/**
 * Voters among real nodes: lists that the authority of a site signs, a clock that runs faster than
 * the machine's so that leases end sooner, and who leads.
 */
import { randomInt } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { Clock } from '../../runtime/clock.ts';
import { packedOf, signVoters } from '../../runtime/election/voter-list.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import type { RunningNode } from '../../runtime/node.ts';
import type { Election } from '../../src/state/election.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { eventually, identityAt } from './node-kit.ts';
import type { Site } from './node-kit.ts';

/** So many times as fast as the machine's. */
const FASTER = 2;

export function fastClock(): Clock {
  const nowMs = (): number => Math.floor(performance.now() * FASTER);
  const wallMs = (): number => Date.now();
  const moment = () => ({ now: nowMs(), wall: wallMs(), entropy: randomInt(2 ** 32) | 0 });
  return { moment, wallMs, scale: 1 / FASTER };
}

export function listOf(site: Site, version: number, ids: readonly string[]): WireVoters {
  return signVoters({ version, ids: packedOf(ids) }, site.authority);
}

/** Identities ahead of their nodes, for lists that name them. */
export async function identitiesAt(
  site: Site,
  count: number,
): Promise<{ readonly ids: readonly string[]; readonly of: (index: number) => Identity }> {
  const names = Array.from({ length: count }, (_, index) => `node${index}`);
  const all = await Promise.all(names.map((name) => identityAt(site, name)));
  const of = (index: number): Identity => {
    const identity = all[index];
    if (identity === undefined) throw new Error(`there is no node ${index}`);
    return identity;
  };
  return { ids: all.map(({ nodeIdHex }) => nodeIdHex), of };
}

export function electionOf(node: RunningNode): Election {
  return node.state().election;
}

/** Waits until one of the nodes leads and all others have heard it. */
export async function leaderOf(
  t: ExecutionContext,
  nodes: readonly RunningNode[],
): Promise<RunningNode | undefined> {
  const idOf = (node: RunningNode): string | undefined => {
    const { leader } = electionOf(node);
    return leader === undefined ? undefined : node.idHexOf(leader);
  };
  const agreed = (): RunningNode | undefined => {
    const [first, ...rest] = nodes.map(idOf);
    const isOne = first !== undefined && rest.every((id) => id === first);
    return isOne ? nodes.find(({ id }) => id === first) : undefined;
  };
  await eventually(
    t,
    'one leads and all know it',
    () => {
      const leader = agreed();
      return leader !== undefined && electionOf(leader).role.type === 'leader';
    },
    60_000,
  );
  return agreed();
}
