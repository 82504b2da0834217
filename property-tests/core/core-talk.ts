/**
 * Talking to one node: what it asks, what it answers, and peers that answer it as they should.
 */
import { allItems } from '../../src/paged.ts';
import type { Effect } from '../../src/step-types.ts';
import { contactsOf } from '../../src/table/table.ts';
import type { Peer, Reply, Request } from '../../src/types.ts';
import type { StrictNode } from './core-driver.ts';
import { reply, request } from './core-log.ts';

export interface Question {
  readonly to: Peer;
  readonly call: number;
  readonly body: Request;
}

export function questions(effects: readonly Effect[], type?: Request['type']): Question[] {
  const asked: Question[] = [];
  for (const effect of effects) {
    if (effect.type !== 'send' || effect.message.type !== 'request') continue;
    const { call, body } = effect.message;
    if (type === undefined || body.type === type) asked.push({ to: effect.to, call, body });
  }
  return asked;
}

export function repliesTo(effects: readonly Effect[], peer: Peer): Reply[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.to === peer && effect.message.type === 'reply'
      ? [effect.message.body]
      : [],
  );
}

/** The peer calls, is called back, answers. */
export function meet(node: StrictNode, ...peers: readonly Peer[]): void {
  for (const peer of peers) {
    const effects = node.step(request(peer, peer, { type: 'ping' }));
    for (const { to, call } of questions(effects, 'ping')) {
      node.step(reply(to, call, { type: 'ok' }));
    }
  }
}

export function contacts(node: StrictNode): Peer[] {
  return [...contactsOf(node.state.table)].sort((a, b) => a - b);
}

/** Answers every question of a lookup as a peer that knows everybody would. */
export function answerAll(
  node: StrictNode,
  first: readonly Effect[],
  silent: readonly Peer[] = [],
): void {
  converse(node, first, ({ to, body }) => {
    if (silent.includes(to)) return undefined;
    if (body.type !== 'find-node' && body.type !== 'find-version') return { type: 'ok' };
    return { type: 'peers', peers: others(node, to) };
  });
}

/** Answers every question, and those that follow from the answers, as it is told. */
export function converse(
  node: StrictNode,
  first: readonly Effect[],
  answerTo: (question: Question) => Reply | undefined,
): void {
  const open = questions(first);
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const answer = answerTo(next);
    if (answer === undefined) continue;
    open.push(...questions(node.step(reply(next.to, next.call, answer))));
  }
}

/** Everybody but a peer and the node itself. */
export function others(node: StrictNode, than: Peer): Peer[] {
  const all = Array.from({ length: node.directory.words.length / 8 }, (_, peer) => peer);
  return all.filter((peer) => peer !== than && peer !== 0);
}

/** The number of the oldest open call to a peer. */
export function callTo(node: StrictNode, peer: Peer): number | undefined {
  return allItems(node.state.calls).find((call) => call.peer === peer)?.call;
}
