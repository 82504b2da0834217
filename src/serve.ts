/**
 * Answers to other nodes' requests, from the table and the store (Kademlia, section 2.3). Each
 * request gets at most one reply; a store is answered when the host has it on disk, and not before.
 */

import { reply } from './asking.ts';
import { assertNever } from './assert.ts';
import { evict, onHeard } from './contacts/contacts.ts';
import { onAnnounce, onIntroduce } from './election/introducers.ts';
import { onHeartbeat, onResign, onVote } from './election/voter.ts';
import { onRelay, onStore } from './operations/relay.ts';
import { onCheck, onCompare } from './replicas/repair.ts';
import { ownPosition, type Draft } from './state/node.ts';
import { durableHeld, headerNow } from './state/store.ts';
import { nearestContacts } from './table/nearest.ts';
import type { CallId, Key, Peer, Position, Request } from './types.ts';

export function serve(draft: Draft, from: Peer, call: CallId, request: Request): void {
  if (request.type === 'leave') {
    evict(draft, from);
    reply(draft, from, call, { type: 'ok' });
    return;
  }
  if (draft.leaving) {
    reply(draft, from, call, { type: 'refused', reason: 'leaving' });
    return;
  }
  onHeard(draft, from, false);
  switch (request.type) {
    case 'ping':
      return reply(draft, from, call, { type: 'ok' });
    case 'find-node': {
      const peers = nearPeers(draft, from, request.target);
      return reply(draft, from, call, { type: 'peers', peers });
    }
    case 'find-version':
      return nameVersion(draft, from, call, request.key);
    case 'find-value': {
      const held = durableHeld(draft.store, request.key, draft.now);
      if (held === undefined) return nameVersion(draft, from, call, request.key);
      return reply(draft, from, call, { type: 'value', record: headerNow(held, draft.now) });
    }
    case 'check':
      return onCheck(draft, from, call, request);
    case 'compare':
      return onCompare(draft, from, call, request);
    case 'store':
      return onStore(draft, from, call, request.record);
    case 'relay':
      return onRelay(draft, from, call, request.record, request.hops);
    case 'vote':
      return onVote(draft, from, call, request);
    case 'heartbeat':
      return onHeartbeat(draft, from, call, request);
    case 'resign':
      return onResign(draft, from, call, request);
    case 'announce':
      return onAnnounce(draft, from, call, request.introducers);
    case 'introduce':
      return onIntroduce(draft, from, call);
    default:
      return assertNever(request);
  }
}

/** What is held of a key, without its value, beside those who may hold it too. */
function nameVersion(draft: Draft, from: Peer, call: CallId, key: Key): void {
  const held = durableHeld(draft.store, key, draft.now);
  const peers = nearPeers(draft, from, key.position);
  if (held === undefined) return reply(draft, from, call, { type: 'peers', peers });
  const record = headerNow(held, draft.now);
  reply(draft, from, call, { type: 'version', record, peers });
}

function nearPeers(draft: Draft, from: Peer, target: Position): readonly Peer[] {
  const { table, config, suspects, peers } = draft;
  const exclude = suspects.length === 0 ? [from] : [from, ...suspects];
  return nearestContacts(table, ownPosition(draft), target, config.beta, exclude, peers);
}
