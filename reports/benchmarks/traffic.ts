/**
 * Recorded steps: lookups played over a converged network through `step` alone, each step kept
 * with the state, moment and input that went in and the effects that came out. Because a step is
 * a pure function, a benchmark can take any of them again, as often as it likes.
 *
 * One-way latencies are 10 to 100 ms. All is over before the first liveness check is due.
 */
import { EventQueue } from '../../sim/queue.ts';
import { index, mix } from '../../sim/streams.ts';
import { defaultConfig } from '../../src/config.ts';
import { create, step, type NodeState } from '../../src/step.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import type { Message, Moment, Peer } from '../../src/types.ts';
import type { Network } from './network.ts';

export interface Taken {
  readonly before: NodeState;
  readonly moment: Moment;
  readonly input: Input;
  readonly effects: readonly Effect[];
}

/** @returns every step of the lookups, in the order of time */
export function playLookups(network: Network, lookups: number): readonly Taken[] {
  const states = convergedStates(network);
  const queue = new EventQueue();
  const taken: Taken[] = [];
  let counter = 0;
  const take = (self: Peer, timeUs: number, input: Input): void => {
    const before = states.get(self);
    if (before === undefined) throw new Error(`no node has the handle ${self}`);
    const moment = momentAt(Math.floor(timeUs / 1000), mix(network.keys.entropy, self, counter));
    const { state, effects } = step(before, moment, input, network.directory);
    states.set(self, state);
    taken.push({ before, moment, input, effects });
    for (const effect of effects) {
      if (effect.type !== 'send') continue;
      const latencyUs = 10_000 + index(mix(network.keys.latency, self, counter), 90_001);
      queue.push(timeUs + latencyUs, effect.to, self, counter++, 0, effect.message);
    }
  };
  for (let i = 0; i < lookups; i++) {
    const command = { type: 'lookup', target: network.targetOf(i) } as const;
    take(network.peerOf(i), 0, { type: 'command', op: i + 1, command });
  }
  while (queue.next()) {
    const message = queue.payload as Message;
    take(queue.receiver, queue.time, { type: 'message', from: queue.sender, message });
  }
  return taken;
}

function convergedStates(network: Network): Map<Peer, NodeState> {
  const states = new Map<Peer, NodeState>();
  for (let rank = 0; rank < network.size; rank++) {
    const peer = network.ring.at(rank);
    const moment = momentAt(0, mix(network.keys.entropy, peer, -1));
    const state = create(peer, defaultConfig, moment, { records: [], peers: [] });
    states.set(peer, { ...state, table: network.tableAt(rank) });
  }
  return states;
}

function momentAt(now: number, entropy: number): Moment {
  return { now, wall: 1_700_000_000_000 + now, entropy };
}
