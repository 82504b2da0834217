/**
 * A number that stands for all of a scene on which its future hangs: two scenes with one number are
 * taken for the same. Of 64 bits of print 53 are kept: among a million scenes two different ones
 * share a number with a chance of one in twenty thousand, and then one is not looked at.
 *
 * Left out is what no election depends on: tables and checks of contacts, and how many calls were
 * made. Messages under way are taken as a set without order.
 */
import { Fingerprint } from '../../host/fingerprint.ts';
import { writeBallot, writeElection } from '../../host/serial/election.ts';
import { writeOptional } from '../../host/serial/forms.ts';
import { requestKinds, writeMessage } from '../../host/serial/message.ts';
import { Writer } from '../../host/serial/words.ts';
import { allItems } from '../../src/paged.ts';
import type { Message, Request } from '../../src/types.ts';
import type { Scene, Site } from './scene.ts';

const KINDS: ReadonlySet<string> = new Set<Request['type'] | 'term'>([
  'vote',
  'heartbeat',
  'resign',
  'term',
]);

/** Whether a message is of an election; all others go nowhere. */
export function isElection({ body }: Message): boolean {
  return KINDS.has(body.type);
}

export function keyOf(scene: Scene): number {
  out.reset();
  for (const site of scene.sites) writeSite(site);
  out.word(scene.crashesLeft);
  const flights = scene.flights.map(({ key }) => key).sort((a, b) => a - b);
  for (const key of flights) out.number(key);
  for (const fact of scene.past.facts) out.number(fact);
  return printed();
}

export function flightKey(from: number, to: number, life: number, message: Message): number {
  out.reset();
  out.intList([from, to, life]);
  writeMessage(out, message);
  return printed();
}

function writeSite({ state, now, disk, writes, life }: Site): void {
  writeElection(out, state.election);
  for (const { call, peer, kind, op, sentAt } of allItems(state.calls)) {
    if (!KINDS.has(kind)) continue;
    out.number(call);
    out.word(peer);
    requestKinds.write(out, kind);
    out.number(op);
    out.number(sentAt);
  }
  out.number(now);
  writeOptional(out, disk, writeBallot);
  out.word(writes.length);
  for (const { token, ballot } of writes) {
    out.number(token);
    writeBallot(out, ballot);
  }
  out.word(life);
}

function printed(): number {
  print.reset();
  for (const word of out.view()) print.word(word);
  return (print.a >>> 0) * 2 ** 21 + (print.b >>> 11);
}

const out = new Writer();
const print = new Fingerprint();
