/**
 * Certificates renewed under load: clients put through each node and get through another, while the
 * certificates of all nodes are renewed one by one, every other one with another key. An operation
 * that is not acknowledged, or does not find what was acknowledged, has failed; unless this process
 * stood still meanwhile or just before, and the nodes with it, so that calls of theirs went
 * unanswered: those operations are told apart, and no others are fewer for it.
 *
 * A renewal is done when its node shows the new certificate to whoever dials it, and no node's turn
 * comes before that; nor before its share of the operations is done, so all of them are under load.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { lockAuthority, openAuthority } from '../../runtime/identity/authority.ts';
import type { Authority } from '../../runtime/identity/authority.ts';
import { plainSerial } from '../../runtime/identity/certificate.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import { issueInto, renewInto } from '../../runtime/identity/issuance.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { measureLateness } from '../lateness.ts';
import { Door, digestOf, keyOf, valueOf } from './door.ts';

/** A node that runs and watches the files in its data directory. */
export interface RunningPlace {
  readonly listen: Endpoint;
  readonly api: Endpoint;
  readonly dataDir: string;
}

export interface RenewalPlan {
  /** Names the keys. */
  readonly seed: string;
  /** PUTs and GETs, together at least. */
  readonly operations: number;
  /** Clients per node. */
  readonly clients: number;
}

export interface RenewalReport {
  readonly operations: number;
  /** Further ones, during or soon after a standstill, whatever came of them. */
  readonly disturbed: number;
  readonly renewed: number;
  readonly faults: readonly string[];
}

export async function renewUnderLoad(
  places: readonly RunningPlace[],
  authorityDir: string,
  plan: RenewalPlan,
  signal: AbortSignal,
  onProgress: (operations: number) => void = () => undefined,
): Promise<RenewalReport> {
  const load = new Load(places, plan, onProgress);
  const clients = load.run(signal);
  try {
    const renewed = await renewAll(places, await openAuthority(authorityDir), load, plan, signal);
    load.mayEnd();
    await clients;
    const { done: operations, disturbed, faults } = load;
    return { operations, disturbed, renewed, faults };
  } finally {
    load.mayEnd();
    await clients.catch(() => undefined);
    await load.close();
  }
}

class Load {
  /** Without a standstill. */
  done = 0;
  disturbed = 0;
  readonly faults: string[] = [];
  readonly #plan: RenewalPlan;
  readonly #doors: readonly Door[];
  readonly #onProgress: (operations: number) => void;
  readonly #lateness = measureLateness();
  #begun = 0;
  #mayEnd = false;

  constructor(
    places: readonly RunningPlace[],
    plan: RenewalPlan,
    onProgress: (operations: number) => void,
  ) {
    this.#plan = plan;
    this.#doors = places.map(({ api }) => new Door(api));
    this.#onProgress = onProgress;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clients } = this.#plan;
    const all = this.#doors.flatMap((door, node) =>
      Array.from({ length: clients }, async (_, client) => {
        const other = (node + 1 + (client % (this.#doors.length - 1))) % this.#doors.length;
        const through = `node ${node} and node ${other}`;
        while (!signal.aborted && (!this.#mayEnd || this.done < this.#plan.operations)) {
          await this.#putAndGet(door, this.#doors[other] ?? door, through);
        }
      }),
    );
    await Promise.all(all);
    signal.throwIfAborted();
  }

  /** All is renewed: the clients end when they have done what they should. */
  mayEnd(): void {
    this.#mayEnd = true;
  }

  async close(): Promise<void> {
    this.#lateness.end();
    await Promise.all(this.#doors.map(async (door) => await door.close()));
  }

  async #putAndGet(door: Door, other: Door, through: string): Promise<void> {
    const name = `${this.#plan.seed} ${this.#begun++}`;
    const [key, value] = [keyOf(name), valueOf(name, 100)];
    const begunMs = performance.now();
    const put = await door.put(key, value, {});
    const isAcknowledged = put.outcome === 'acknowledged';
    this.#count(begunMs, isAcknowledged ? undefined : `a PUT was ${put.outcome}: ${through}`);
    const got = await other.get(key);
    const isRight = got.outcome === 'found' && got.value === digestOf(value);
    // Since before the PUT: what too few were given then is not found later either.
    this.#count(begunMs, isRight ? undefined : `a GET was ${got.outcome}: ${through}`);
  }

  #count(begunMs: number, fault: string | undefined): void {
    if (this.#lateness.stoodStillSince(begunMs - DISTURBED_MS)) {
      this.disturbed += 1;
      return;
    }
    if (fault !== undefined) this.#fault(fault);
    this.done += 1;
    if (this.done % 1000 === 0) this.#onProgress(this.done);
  }

  #fault(text: string): void {
    this.faults.push(`after ${this.done} operations ${text}`);
  }
}

/** @returns how many nodes were renewed, which is all of them unless it throws */
async function renewAll(
  places: readonly RunningPlace[],
  authority: Authority,
  load: Load,
  { operations }: RenewalPlan,
  signal: AbortSignal,
): Promise<number> {
  let renewed = 0;
  for (const place of places) {
    const share = (operations * (renewed + 1)) / (places.length + 1);
    while (load.done < share) await delay(20, undefined, { signal });
    const serial = await renew(authority, place.dataDir, renewed % 2 === 1);
    const until = performance.now() + RENEWED_MS_MAX;
    while ((await serialShownAt(place.listen)) !== serial) {
      if (performance.now() > until) throw new Error(`node ${renewed} keeps its old certificate`);
      await delay(100, undefined, { signal });
    }
    renewed += 1;
  }
  return renewed;
}

/** @returns the serial number of the new certificate */
async function renew(authority: Authority, dataDir: string, anotherKey: boolean): Promise<string> {
  const { nodeIdHex } = await readIdentity(identityPaths(dataDir));
  return await lockAuthority(authority.dir, async () => {
    const days = 30;
    if (anotherKey) {
      return (await issueInto(authority, dataDir, { nodeIdHex, days, replace: true })).serial;
    }
    return (await renewInto(authority, nodeIdHex, dataDir, { days })).issued.serial;
  });
}

/** What anybody sees who dials the node, before it asks who that is. */
function serialShownAt(listen: Endpoint): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...listen, ALPNProtocols: ['orrery/1'], rejectUnauthorized: false });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      const shown = socket.getPeerCertificate().serialNumber;
      socket.destroy();
      resolve(plainSerial(shown));
    });
  });
}

/** Until calls that were open in a standstill are over, and those again that are made for them. */
const DISTURBED_MS = 5000;
/** Files are looked at once a second. */
const RENEWED_MS_MAX = 20_000;
