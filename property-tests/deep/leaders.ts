/**
 * Processes that elect a leader, and somebody who asks all of them over and over (`/status`) who
 * leads in which term: what they say together must be one history.
 *
 * Faults: two leaders of one term, in what nodes say of themselves or of another; a term that goes
 * down at a node, also over its restarts. Who is stopped or down says nothing, and is not waited
 * for.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clusterVoters } from '../../cli/cluster/voters.ts';
import type { Leadership } from '../../runtime/admin/leadership.ts';
import { developmentIdentity } from '../../runtime/identity/development.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { withFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';

export interface Said extends Leadership {
  /** The first eight digits, as others name it. */
  readonly id: string;
  readonly atMs: number;
}

export class Leaders {
  readonly faults: string[] = [];
  readonly #fleet: Fleet;
  readonly #signal: AbortSignal;
  /** What each node said last, and the ids that were said to lead in each term. */
  readonly #said = new Map<number, Said>();
  readonly #ofTerm = new Map<number, string>();
  /** How many answers there were. */
  #answers = 0;
  #ended = false;

  constructor(fleet: Fleet, signal: AbortSignal) {
    this.#fleet = fleet;
    this.#signal = signal;
  }

  get answers(): number {
    return this.#answers;
  }

  /** Asks until `end`; resolves then. */
  async watch(): Promise<void> {
    const nodes = Array.from({ length: this.#fleet.size }, (_, node) => node);
    await Promise.all(nodes.map((node) => this.#watchOne(node)));
  }

  end(): void {
    this.#ended = true;
  }

  /** What a node said last, at most so long ago. */
  said(node: number, withinMs = 1000): Said | undefined {
    const said = this.#said.get(node);
    return said !== undefined && performance.now() - said.atMs <= withinMs ? said : undefined;
  }

  /** Who leads by its own word and that of all others, which are those that are up. */
  agreed(nodes: readonly number[] = this.#fleet.those('up')): number | undefined {
    const up = nodes.map((node) => ({ node, said: this.said(node) }));
    const leader = up.find(({ said }) => said?.role === 'leader');
    const isKnown = up.every(
      ({ said }) => said?.term === leader?.said?.term && said?.leader?.peer === leader?.said?.id,
    );
    return isKnown ? leader?.node : undefined;
  }

  /** Waits until something is so. @throws when it is not in time */
  async until<T>(what: string, limitMs: number, look: () => T | undefined): Promise<T> {
    const untilMs = performance.now() + limitMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (performance.now() > untilMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      await delay(LOOK_MS, undefined, { signal: this.#signal });
    }
  }

  async #watchOne(node: number): Promise<void> {
    while (!this.#ended && !this.#signal.aborted) {
      if (this.#fleet.status(node) === 'up') await this.#ask(node);
      await delay(LOOK_MS);
    }
  }

  async #ask(node: number): Promise<void> {
    const url = `http://${formatEndpoint(this.#fleet.admin(node))}/status`;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
      const { id, leadership } = (await answer.json()) as { id: string; leadership: Leadership };
      this.#judge(node, { ...leadership, id: id.slice(0, 8), atMs: performance.now() });
    } catch {
      // It is stopped, killed or not there yet.
    }
  }

  #judge(node: number, said: Said): void {
    this.#answers += 1;
    const before = this.#said.get(node);
    this.#said.set(node, said);
    if (before !== undefined && said.term < before.term) {
      this.faults.push(`node ${node} went from term ${before.term} to ${said.term}`);
    }
    const leader = said.role === 'leader' ? said.id : said.leader?.peer;
    if (leader === undefined) return;
    const known = this.#ofTerm.get(said.term);
    if (known === undefined) this.#ofTerm.set(said.term, leader);
    else if (known !== leader) {
      this.faults.push(`node ${node}: ${leader} leads in term ${said.term}, and so does ${known}`);
    }
  }
}

/** Works with processes that all vote, while they are watched. */
export async function withVoters<T>(
  size: number,
  signal: AbortSignal,
  work: (fleet: Fleet, leaders: Leaders) => Promise<T>,
  isGood: (result: T) => boolean,
): Promise<T> {
  const whole = async (fleet: Fleet): Promise<T> => {
    await nameVoters(fleet, size);
    await fleet.startAll();
    return await watched(fleet, signal, (leaders) => work(fleet, leaders));
  };
  const options = { admin: true, argumentsOf: () => ['--voters', VOTERS_FILE] };
  return await withFleet(size, signal, whole, isGood, options);
}

/** The first few of a fleet are to vote: makes their identities and the list of them. */
export async function nameVoters(fleet: Fleet, count: number): Promise<void> {
  const ids: string[] = [];
  for (let node = 0; node < count; node++) {
    const places = { authorityDir: fleet.authorityDir, dataDir: fleet.dataDir(node) };
    ids.push((await developmentIdentity(places)).identity.nodeIdHex);
  }
  await clusterVoters(fleet.authorityDir, ids, count, () => undefined);
}

/** Works while all nodes are asked who leads. */
export async function watched<T>(
  fleet: Fleet,
  signal: AbortSignal,
  work: (leaders: Leaders) => Promise<T>,
): Promise<T> {
  const leaders = new Leaders(fleet, signal);
  const watching = leaders.watch();
  try {
    return await work(leaders);
  } finally {
    leaders.end();
    await watching;
  }
}

/** Where that list is, as seen from the directory of a fleet. */
export const VOTERS_FILE = join('.orrery', 'authority', 'voters.json');
const LOOK_MS = 50;
/** A stopped node keeps its connections: whoever asks it must not wait for it. */
const ANSWER_MS_MAX = 1000;
