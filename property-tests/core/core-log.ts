/**
 * Plays a generated log on a strict node: turns actions, which speak of open calls, peers and keys
 * by index, into inputs that make sense in the state they meet.
 */
import { PEERS_PER_REPLY_MAX } from '../../src/limits.ts';
import { allItems, lookUp } from '../../src/paged.ts';
import type { Call } from '../../src/state/calls.ts';
import { operationOrder } from '../../src/state/operation.ts';
import type { Input } from '../../src/step-types.ts';
import type { CallId, Message, Peer, Reply, Request } from '../../src/types.ts';
import { smallKey, smallRecord } from './core-arbitraries.ts';
import type { Action, Answer, Asked, Deed } from './core-arbitraries.ts';
import type { StrictNode } from './core-driver.ts';
import { askedOf, sumReplyOf, tagsReplyOf } from './core-rounds.ts';

export class Log {
  readonly #node: StrictNode;
  readonly #peers: number;
  #ops = 0;
  #requests = 0;
  #last: Input = { type: 'wake' };

  constructor(node: StrictNode, peers: number) {
    this.#node = node;
    this.#peers = peers;
  }

  play(action: Action): void {
    const node = this.#node;
    const { deed, entropy } = action;
    if (deed.type === 'early') {
      node.now = Math.max(node.now, Math.min(node.now + action.afterMs, node.state.wakeAt - 1));
      const before = node.state;
      const effects = node.step({ type: 'wake' }, entropy);
      if (node.now < before.wakeAt && (node.state !== before || effects.length > 0)) {
        throw new Error('a wake before wakeAt changes nothing');
      }
      return;
    }
    node.now += action.afterMs;
    if (this.#command(deed, entropy)) return;
    const input = this.#inputOf(deed);
    if (input.type === 'message') this.#last = input;
    node.step(input, entropy);
  }

  #command(deed: Deed, entropy: number): boolean {
    const op = this.#ops + 1;
    const node = this.#node;
    if (deed.type === 'join') {
      const peers = deed.peers.map((peer) => this.#peer(peer));
      node.command(op, { type: 'join', introducers: deed.introducers, peers }, entropy);
    } else if (deed.type === 'lookup') {
      node.command(op, { type: 'lookup', target: smallKey(deed.key).position }, entropy);
    } else if (deed.type === 'get') {
      node.command(op, { type: 'get', key: smallKey(deed.key) }, entropy);
    } else if (deed.type === 'put') {
      const { size, replication, ttlS } = deed;
      node.command(op, { type: 'put', key: smallKey(deed.key), size, replication, ttlS }, entropy);
    } else if (deed.type === 'leave') {
      node.command(op, { type: 'leave' }, entropy);
    } else {
      return false;
    }
    this.#ops = op;
    return true;
  }

  #inputOf(deed: Deed): Input {
    const node = this.#node;
    switch (deed.type) {
      case 'again':
        return this.#last;
      case 'asked': {
        const body = this.#requestOf(deed.what, this.#peer(deed.from));
        const call = ++this.#requests;
        return this.#message(deed.from, { type: 'request', call, body });
      }
      case 'answer': {
        const call = this.#call(deed.call);
        if (call === undefined) return { type: 'wake' };
        return reply(call.peer, call.call, this.#replyOf(deed.answer, call));
      }
      case 'foreign':
        return reply(this.#peer(deed.from), deed.call, this.#replyOf(deed.answer, undefined));
      case 'unreachable':
      case 'unsent': {
        const call = this.#call(deed.call);
        if (call === undefined) return { type: 'wake' };
        return { type: deed.type, peer: call.peer, call: call.call };
      }
      case 'foreign-unreachable':
        return { type: 'unreachable', peer: this.#peer(deed.call), call: deed.call };
      case 'persisted': {
        const [token] = node.persists.splice(deed.which % (node.persists.length || 1), 1);
        return token === undefined ? { type: 'wake' } : { type: 'persisted', token, ok: deed.ok };
      }
      case 'signed': {
        const [sign] = node.signs.splice(deed.which % (node.signs.length || 1), 1);
        if (sign === undefined) return { type: 'wake' };
        const { publisher } = smallRecord(0, 1, 0);
        const record = { ...sign.body, publisher, lifeMs: sign.body.ttlS * 1000 };
        return { type: 'signed', token: sign.token, record };
      }
      case 'foreign-persisted':
        return { type: 'persisted', token: 1_000_000 + deed.token, ok: true };
      case 'foreign-signed':
        return { type: 'signed', token: 1_000_000 + deed.token, record: smallRecord(0, 2, 9) };
      case 'lost': {
        const held = allItems(node.state.store);
        const record = held[deed.which % (held.length || 1)]?.header ?? smallRecord(0, 2, 9);
        return { type: 'lost', record };
      }
      case 'introduced': {
        const peer = deed.peer === undefined ? undefined : this.#peer(deed.peer);
        return { type: 'introduced', introducer: (deed.peer ?? 0) % 3, peer };
      }
      default:
        return { type: 'wake' };
    }
  }

  #peer(index: number): Peer {
    return index % this.#peers;
  }

  #call(index: number): Call | undefined {
    const open = allItems(this.#node.state.calls);
    return open[index % (open.length || 1)];
  }

  #message(from: number, message: Message): Input {
    return { type: 'message', from: this.#peer(from), message };
  }

  #replyOf(answer: Answer, call: Call | undefined): Reply {
    switch (answer.type) {
      case 'ok':
        return { type: 'ok' };
      case 'refused':
        return answer;
      case 'value':
        return { type: 'value', record: smallRecord(answer.key, answer.version, 5000) };
      case 'version': {
        const record = smallRecord(answer.key, answer.version, 5000);
        return { type: 'version', record, peers: [] };
      }
      case 'sum':
        return sumReplyOf(this.#node, call, answer.round, answer.count);
      case 'tags':
        return tagsReplyOf(this.#node, call, answer.round);
      case 'oversize': {
        const peers = [];
        for (let i = 0; i < PEERS_PER_REPLY_MAX + 20; i++) peers.push(this.#peer(i));
        return { type: 'peers', peers };
      }
      case 'fit':
        return this.#fitting(answer.peers, call);
      case 'peers':
        return { type: 'peers', peers: answer.peers.map((peer) => this.#peer(peer)) };
    }
  }

  /** What a peer that wants to help says; of the first one named depends how much it holds. */
  #fitting(named: readonly number[], call: Call | undefined): Reply {
    const [first = 0] = named;
    const peers = named.map((peer) => this.#peer(peer));
    switch (call?.kind) {
      case 'find-node':
        return { type: 'peers', peers };
      case 'find-version': {
        if (first % 3 === 0) return { type: 'peers', peers };
        const operation = lookUp(this.#node.state.operations, operationOrder, call.op);
        const key = operation !== undefined && 'key' in operation ? operation.key : smallKey(0);
        const record = { ...smallRecord(0, 2 + (first % 8), 5000), key };
        return { type: 'version', record, peers };
      }
      case 'find-value': {
        const operation = lookUp(this.#node.state.operations, operationOrder, call.op);
        const source = operation?.type === 'fetch' ? operation.source : undefined;
        return { type: 'value', record: source?.record ?? smallRecord(0, 2, 5000) };
      }
      case 'check':
        return sumReplyOf(this.#node, call, { key: 0, bits: 0, holds: (first % 4) - 1 }, 0);
      case 'compare':
        return tagsReplyOf(this.#node, call, { key: 0, bits: 0, holds: (first % 4) - 1 });
      default:
        return { type: 'ok' };
    }
  }

  #requestOf(asked: Asked, from: Peer): Request {
    switch (asked.type) {
      case 'ping':
      case 'leave':
        return { type: asked.type };
      case 'find-node':
        return { type: 'find-node', target: smallKey(asked.key).position };
      case 'find-value':
      case 'find-version':
        return { type: asked.type, key: smallKey(asked.key) };
      case 'check':
      case 'compare':
        return askedOf(this.#node, from, asked);
      case 'store':
      case 'relay': {
        const record = smallRecord(asked.key, asked.version, asked.lifeMs);
        if (asked.type === 'store') return { type: 'store', record };
        return { type: 'relay', record, hops: 2 + (asked.version & 1) };
      }
    }
  }
}

export function reply(from: Peer, call: CallId, body: Reply): Input {
  return { type: 'message', from, message: { type: 'reply', call, body } };
}

export function request(from: Peer, call: CallId, body: Request): Input {
  return { type: 'message', from, message: { type: 'request', call, body } };
}
