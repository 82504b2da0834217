/**
 * Those whom an attack must not hurt: clients that put and get, and a certified peer that calls,
 * each one request after another, and how long each took.
 *
 * Invariant: every answer is checked, so a wrong or missing one is counted and never passes for a
 * fast one; what was acknowledged is remembered for `lost`.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectClient } from '../../../runtime/api/client.ts';
import type { ConnectedClient } from '../../../runtime/api/client.ts';
import { encodePeer } from '../../../src/codec/peer.ts';
import { Latencies } from './latencies.ts';
import { HELLO, Mint, RawLink } from './raw-link.ts';
import type { Victim } from './victim.ts';

export interface Measured {
  /** Of clients. */
  readonly gets: Latencies;
  readonly puts: Latencies;
  /** Calls of the peer. */
  readonly peers: Latencies;
}

export class Honest {
  readonly #victim: Victim;
  readonly #clients: readonly ConnectedClient[];
  readonly #peer: RawLink;
  readonly #replies: Map<number, () => void>;
  /** What was acknowledged, by key in hex. */
  readonly #kept = new Map<string, Buffer>();
  /** The keys that are asked for, one after another. */
  #asked: readonly string[] = [];
  #turn = 0;
  #calls = 0;

  private constructor(
    victim: Victim,
    clients: readonly ConnectedClient[],
    peer: RawLink,
    replies: Map<number, () => void>,
  ) {
    this.#victim = victim;
    this.#clients = clients;
    this.#peer = peer;
    this.#replies = replies;
  }

  /** Connects and stores something to ask for. */
  static async join(victim: Victim): Promise<Honest> {
    const mint = await Mint.open(victim.authorityDir);
    const replies = new Map<number, () => void>();
    const peer = new RawLink(victim.listen, await mint.issue(), (message) => {
      if (message.type !== 'reply') return;
      replies.get(message.call)?.();
      replies.delete(message.call);
    });
    peer.send(HELLO);
    if (!(await peer.up)) throw new Error('the node takes no honest peer');
    const opening = Array.from({ length: CLIENTS }, () => connectClient(victim.api));
    const honest = new Honest(victim, await Promise.all(opening), peer, replies);
    const latencies = new Latencies();
    for (let count = 0; count < FIRST_VALUES; count++) await honest.#put(0, latencies);
    if (latencies.failed + latencies.busy > 0) throw new Error('the node takes no values');
    honest.#asked = [...honest.#kept.keys()];
    return honest;
  }

  /** Goes on asking until the work is done. */
  async during(work: Promise<unknown>): Promise<Measured> {
    const measured = { gets: new Latencies(), puts: new Latencies(), peers: new Latencies() };
    let isOver = false;
    const end = work.finally(() => {
      isOver = true;
    });
    const until = (): boolean => isOver || this.#victim.exit !== undefined;
    const loops = this.#clients.map(async (_, index) => {
      for (let turn = index; !until(); turn++) {
        if (turn % PUT_EVERY === 0) await this.#put(index, measured.puts);
        else await this.#get(index, measured.gets);
        await delay(THINK_MS);
      }
    });
    const calls = async (): Promise<void> => {
      while (!until()) {
        await this.#call(measured.peers);
        await delay(THINK_MS);
      }
    };
    await Promise.all([end, calls(), ...loops]);
    return measured;
  }

  async rest(ms: number): Promise<Measured> {
    return await this.during(delay(ms));
  }

  /** Something that others put, and that was acknowledged. */
  remember(key: Buffer, value: Buffer): void {
    this.#kept.set(key.toString('hex'), value);
  }

  /** Acknowledged values that the node does not give back now. */
  async lost(): Promise<number> {
    let lost = 0;
    const client = await connectClient(this.#victim.api);
    for (const [key, value] of this.#kept) {
      const found = await client.get(Buffer.from(key, 'hex')).catch(() => undefined);
      if (found === undefined || !value.equals(found)) lost += 1;
    }
    await client.close();
    return lost;
  }

  get isLinked(): boolean {
    return this.#peer.endedAt === 0;
  }

  async leave(): Promise<void> {
    this.#peer.socket.destroy();
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #put(index: number, latencies: Latencies): Promise<void> {
    const [key, value] = [randomBytes(32), randomBytes(VALUE_BYTES)];
    const begun = performance.now();
    try {
      const receipt = await this.#clients[index]?.put(key, value);
      latencies.add(performance.now() - begun);
      if (receipt?.status === 'good') this.remember(key, value);
      else if (receipt?.status === 'busy') latencies.busy += 1;
      else latencies.failed += 1;
    } catch {
      latencies.failed += 1;
      await delay(FAILED_MS);
    }
  }

  async #get(index: number, latencies: Latencies): Promise<void> {
    const key = this.#asked[this.#turn++ % this.#asked.length] ?? '';
    const begun = performance.now();
    try {
      const value = await this.#clients[index]?.get(Buffer.from(key, 'hex'));
      latencies.add(performance.now() - begun);
      if (value === undefined || this.#kept.get(key)?.equals(value) !== true) latencies.failed += 1;
    } catch {
      latencies.failed += 1;
      await delay(FAILED_MS);
    }
  }

  /** A PING, as any call of a peer: the loop must come to it, and answer. */
  async #call(latencies: Latencies): Promise<void> {
    const call = ++this.#calls;
    const begun = performance.now();
    const replied = new Promise<boolean>((resolve) => {
      const late = setTimeout(() => {
        resolve(false);
      }, CALL_MS_MAX);
      this.#replies.set(call, () => {
        clearTimeout(late);
        resolve(true);
      });
    });
    this.#peer.send(encodePeer({ type: 'request', call, body: { type: 'ping' } }));
    if (await replied) latencies.add(performance.now() - begun);
    else latencies.failed += 1;
  }
}

const CLIENTS = 2;
const FIRST_VALUES = 50;
const VALUE_BYTES = 200;
const PUT_EVERY = 4;
const THINK_MS = 3;
const FAILED_MS = 100;
const CALL_MS_MAX = 5000;
