/**
 * One real node of a scenario: the very node of `runtime/`, with links on which the weather of the
 * scenario lies, told what to do and asked how it stands by whoever plays the scenario.
 */
import { randomBytes } from 'node:crypto';
import { writeState } from '../host/serial/state.ts';
import { Writer } from '../host/serial/words.ts';
import { bytesOfBits256 } from '../host/words.ts';
import { UsageError } from '../runtime/failure.ts';
import { identityPaths, readIdentity } from '../runtime/identity/identity.ts';
import { reasonOf } from '../runtime/log.ts';
import { startNode } from '../runtime/node.ts';
import type { RunningNode } from '../runtime/node.ts';
import { JOIN_OP, LEAVE_OP } from '../sim/events.ts';
import { latencyOf } from '../sim/latency/latency.ts';
import type { MessageKind } from '../sim/observer/measures.ts';
import { nodeConfig } from '../sim/options.ts';
import { keysOf } from '../sim/streams.ts';
import { assertNever } from '../src/assert.ts';
import type { Command, Effect, Outcome } from '../src/step-types.ts';
import type { OpId } from '../src/types.ts';
import { directoryOf } from './ids.ts';
import { TICK_MS } from './lateness.ts';
import type { Begin, Conditions, Order, Said } from './orders.ts';
import { scenarioClock, scenarioUs } from './time.ts';
import { DelayedLinks } from './weather.ts';

export class Member {
  readonly #say: (said: Said) => void;
  #node: RunningNode | undefined;
  #begin: Begin | undefined;
  #links: DelayedLinks | undefined;
  #conditions: Conditions = { loss: 0, split: undefined, lives: [] };
  readonly #messages: Partial<Record<MessageKind, number>> = {};
  #replicas = 0;
  #steps = 0;
  #lateMs: number[] = [];
  #ticker: NodeJS.Timeout | undefined;

  constructor(say: (said: Said) => void) {
    this.#say = say;
  }

  /** Does what it is told; a fault ends the node. */
  hear(order: Order): void {
    const work = this.#hear(order);
    work.catch((error: unknown) => {
      this.#say({ type: 'failed', reason: reasonOf(error) });
    });
  }

  async #hear(order: Order): Promise<void> {
    switch (order.type) {
      case 'begin': {
        await this.#start(order);
        return;
      }
      case 'command': {
        await this.#obey(order.op, order.command);
        return;
      }
      case 'conditions':
        this.#setConditions(order.conditions);
        return;
      case 'state': {
        const out = new Writer();
        if (this.#node !== undefined) writeState(out, this.#node.state());
        this.#say({ type: 'state', ask: order.ask, words: out.copy() });
        return;
      }
      default:
        assertNever(order);
    }
  }

  #setConditions(conditions: Conditions): void {
    this.#conditions = conditions;
    if (this.#links !== undefined) this.#links.conditions = conditions;
  }

  async #start(begin: Begin): Promise<void> {
    this.#begin = begin;
    this.#setConditions(begin.conditions);
    const begunAt = performance.now();
    let node: RunningNode;
    try {
      node = await this.#startAt(begin, begin.port);
    } catch (error) {
      if (begin.port === 0 || !(error instanceof UsageError)) throw error;
      // The system has given its port to somebody else meanwhile.
      node = await this.#startAt(begin, 0);
    }
    this.#node = node;
    node.ended.catch((error: unknown) => {
      this.#say({ type: 'failed', reason: reasonOf(error) });
    });
    this.#say({ type: 'listening', port: node.listen.port });
    this.#tick();
    this.#tell(JOIN_OP, await node.joined, begunAt);
  }

  async #startAt(begin: Begin, port: number): Promise<RunningNode> {
    const { options, time, introducers, dataDir } = begin;
    const keys = keysOf(options.seed);
    const latency = latencyOf(options, keys.places, begin.materials.matrix);
    // Nobody else is found by address: simulated nodes remember no peers.
    const peers = new Map(introducers.map(({ peer, port: at }) => [at, peer]));
    return await startNode({
      listen: { host: HOST, port },
      dataDir,
      identity: await readIdentity(identityPaths(dataDir)),
      bootstrap: introducers.map(({ port: at }) => `${HOST}:${at}`),
      config: nodeConfig(options),
      clock: scenarioClock(time),
      directory: directoryOf(keys.ids),
      weather: {
        over: (links, self) => {
          const dials = options.links !== 'warm';
          const peerAt = (at: { port: number }): number | undefined => peers.get(at.port);
          const parts = { self, keys, latency, dials, scale: time.scale, peerAt };
          // They may have changed since it was told to begin.
          this.#links = new DelayedLinks(links, { ...parts, conditions: this.#conditions });
          return this.#links;
        },
      },
      onStep: (_moment, _input, effects) => {
        this.#count(effects);
      },
    });
  }

  async #obey(op: OpId, command: Command): Promise<void> {
    const node = this.#node;
    // Whoever is to leave before it has begun is killed soon, without a word.
    if (node === undefined && command.type === 'leave') return;
    if (node === undefined) throw new Error('a node is told to do something before it began');
    const begunAt = performance.now();
    switch (command.type) {
      case 'lookup': {
        this.#tell(op, await node.lookup(command.target), begunAt);
        return;
      }
      case 'get': {
        const { outcome } = await node.get(bytesOfBits256(command.key.raw));
        this.#tell(op, outcome, begunAt);
        return;
      }
      case 'put': {
        const { key, size, ttlS, replication } = command;
        const wanted = { ttlS, replication };
        const { outcome } = await node.put(bytesOfBits256(key.raw), randomBytes(size), wanted);
        this.#tell(op, outcome, begunAt);
        return;
      }
      case 'leave': {
        await node.close();
        this.#tell(LEAVE_OP, { type: 'left' }, begunAt);
        return;
      }
      case 'join':
        throw new Error('a node joins by itself');
      default:
        assertNever(command);
    }
  }

  #tell(op: OpId, outcome: Outcome, begunAt: number): void {
    const time = this.#begin?.time;
    if (time === undefined) return;
    const tookMs = (performance.now() - begunAt) / time.scale;
    this.#say({ type: 'settled', op, outcome, tookMs, at: Math.round(scenarioUs(time)) });
  }

  #count(effects: readonly Effect[]): void {
    this.#steps += 1;
    for (const effect of effects) {
      if (effect.type === 'send') {
        const { type } = effect.message.body;
        this.#messages[type] = (this.#messages[type] ?? 0) + 1;
      } else if (effect.type === 'note' && effect.note.type === 'replica-sent') {
        this.#replicas += 1;
      }
    }
  }

  /** Tells what was sent, often: a node that is killed tells nothing any more. */
  #tick(): void {
    let due = performance.now() + TICK_MS;
    this.#ticker = setInterval(() => {
      const now = performance.now();
      this.#lateMs.push(now - due);
      due = now + TICK_MS;
      if (this.#lateMs.length < TICKS) return;
      const sent = {
        messages: { ...this.#messages },
        replicas: this.#replicas,
        steps: this.#steps,
        lateMs: this.#lateMs,
      };
      this.#lateMs = [];
      this.#say({ type: 'sent', sent });
    }, TICK_MS);
    this.#ticker.unref();
  }
}

const HOST = '127.0.0.1';
const TICKS = 4;
