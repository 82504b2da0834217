/**
 * The list of introducers: what a leader is for. It makes one when it begins to lead and then every
 * half minute, of the voters that it hears and of contacts; its host signs it. A node that gets a
 * newer list than its own takes it and passes it on to a few contacts (an epidemic: Demers et al.,
 * "Epidemic algorithms for replicated database maintenance", 1987, section 1.4).
 *
 * A list carries the term of its leader. Who was told of a later term refuses it: so a leader whose
 * time is over changes nothing, whatever its clock says (E6). Newcomers are introduced by every
 * node, with or without a leader: it names the leader and some of those whom it knows.
 */

import { ask, reply } from '../asking.ts';
import { ANNOUNCE_MS, ANNOUNCE_TO, LEASE_MS, LISTED_MAX } from '../limits.ts';
import { below } from '../random.ts';
import { isNear, latestTerm } from '../state/election.ts';
import type { Leader } from '../state/election.ts';
import { nextDraw, type Draft } from '../state/node.ts';
import { contactAt, contactCount, contactsOf } from '../table/table.ts';
import type { CallId, Introducers, Peer, Reply } from '../types.ts';

/** It is time for a list, and this node leads: the caller has looked at its lease. */
export function announce(draft: Draft, role: Leader): void {
  const { election, self, now, moment } = draft;
  const { term } = election.ballot;
  const before = election.introducers;
  const serial = before?.term === term ? before.serial + 1 : 1;
  const peers = listed(draft, role);
  draft.election = { ...election, role: { ...role, announceAt: now + ANNOUNCE_MS } };
  take(draft, { term, serial, leader: self, madeAtMs: moment.wall, peers }, self);
}

/** Somebody passes a list on; its host has checked who signed it. */
export function onAnnounce(draft: Draft, from: Peer, call: CallId, list: Introducers): void {
  const ok = isNews(draft, list);
  if (ok) take(draft, list, from);
  reply(draft, from, call, ok ? { type: 'ok' } : { type: 'refused', reason: 'stale' });
}

/** A newcomer asks: the leader comes first, when there is one to be named. */
export function onIntroduce(draft: Draft, from: Peer, call: CallId): void {
  const { election, self } = draft;
  const { introducers } = election;
  const leader = election.leader ?? introducers?.leader;
  const first = leader === undefined || leader === from || leader === self ? [] : [leader];
  const others = someContacts(draft, LISTED_MAX).filter((peer) => peer !== from);
  const peers = [...first, ...others.filter((peer) => peer !== leader)].slice(0, LISTED_MAX);
  reply(draft, from, call, { type: 'introduction', introducers, peers });
}

/** A newcomer was answered. */
export function onList(
  draft: Draft,
  { introducers }: Extract<Reply, { type: 'introduction' }>,
): void {
  if (introducers === undefined || !isNews(draft, introducers)) return;
  adopt(draft, introducers);
}

function isNews({ election }: Draft, list: Introducers): boolean {
  const { introducers: known, ballot, leader } = election;
  if (list.term < latestTerm(election) || !isNear(election, list.term)) return false;
  // A term has one leader, and a voter may know it.
  if (list.term === ballot.term && (leader ?? list.leader) !== list.leader) return false;
  if (known?.term !== list.term) return true;
  return known.leader === list.leader && list.serial > known.serial;
}

function adopt(draft: Draft, introducers: Introducers): void {
  const seen = Math.max(draft.election.seen, introducers.term);
  draft.election = { ...draft.election, introducers, seen };
}

/** Takes a list and passes it on. */
function take(draft: Draft, introducers: Introducers, from: Peer): void {
  adopt(draft, introducers);
  for (const peer of someContacts(draft, ANNOUNCE_TO)) {
    if (peer !== from) ask(draft, peer, { type: 'announce', introducers }, 0);
  }
}

/** Voters that were heard lately, then whom the last list named and who is still there. */
function listed(draft: Draft, { heard }: Leader): readonly Peer[] {
  const { election, self, now, table } = draft;
  const { voters } = election.ballot;
  const lively = voters.peers.filter((peer, at) => {
    return peer === self || (heard[at]?.sentAt ?? -Infinity) > now - LEASE_MS;
  });
  const contacts = contactsOf(table);
  const before = election.introducers?.peers.filter((peer) => contacts.includes(peer)) ?? [];
  const all = [...lively, ...before, ...someContacts(draft, LISTED_MAX)];
  return [...new Set(all)].slice(0, LISTED_MAX);
}

/** Contacts from all over the table, from a random one on. */
function someContacts(draft: Draft, wanted: number): readonly Peer[] {
  const { table } = draft;
  const count = contactCount(table);
  if (count === 0) return [];
  const from = below(nextDraw(draft), count);
  const some = Math.min(wanted, count);
  return Array.from({ length: some }, (_, i) => {
    return contactAt(table, (from + Math.floor((i * count) / some)) % count);
  });
}
