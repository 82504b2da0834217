/**
 * What must be true of the store and of what belongs to it: versions and writes, groups and who is
 * known to hold what, the usage, the fellow holders. A part of `invariants.ts`.
 */

import { PERSISTS_MAX, FELLOWS_MAX, PUBLISHED_MAX, RECORDS_MAX } from '../limits.ts';
import { allItems, lookUp } from '../paged.ts';
import { compareDistance } from '../position.ts';
import { writingOrder, type NodeState } from '../state/node.ts';
import { noUsage, shareOrder, withUse } from '../state/quota.ts';
import { fellowOrder, publishedOrder } from '../state/replicas.ts';
import { compareVersions, heldOrder, type Held } from '../state/store.ts';
import { traitsOf, type Traits } from '../state/tags.ts';
import type { Directory } from '../types.ts';
import { checkPaged } from './paged.ts';

export function checkStored(state: NodeState, peers: Directory): readonly string[] {
  const faults: string[] = [];
  const { store, fellows, published, writings } = state;
  if (store.size > RECORDS_MAX) faults.push('store: too many records');
  if (writings.size > PERSISTS_MAX) faults.push('writings: too many');
  if (fellows.size > FELLOWS_MAX) faults.push('fellows: too many');
  if (published.size > PUBLISHED_MAX) faults.push('published: too many');
  if (lookUp(fellows, fellowOrder, state.self) !== undefined) faults.push('fellows: the own node');
  return [
    ...faults,
    ...checkPaged('store', store, heldOrder),
    ...checkPaged('fellows', fellows, fellowOrder),
    ...checkPaged('published', published, publishedOrder),
    ...allItems(store).flatMap((held) => checkHeld(state, held, peers)),
    ...checkUsage(state),
  ];
}

function checkHeld(state: NodeState, newest: Held, peers: Directory): string[] {
  const faults: string[] = [];
  for (let held: Held | undefined = newest; held !== undefined; held = held.replaced) {
    const { header, token, replaced } = held;
    const fault = (what: string): void =>
      void faults.push(`store: version ${header.version} ${what}`);
    if (heldOrder.compare(held, newest.header.key) !== 0) fault('under another key');
    if (!sameTraits(held, traitsOf(header))) fault('has the tags of another');
    if (token === 0 && replaced !== undefined) fault('is on disk and keeps another');
    if (token !== 0 && lookUp(state.writings, writingOrder, token) === undefined) {
      fault('waits for a write that is not under way');
    }
    if (replaced !== undefined && compareVersions(replaced.header, header) > 0) {
      fault('replaces a newer one');
    }
  }
  return [...faults, ...checkGroup(newest, peers)];
}

function sameTraits(a: Traits, b: Traits): boolean {
  return a.near === b.near && a.far === b.far && a.low === b.low && a.rest === b.rest;
}

function checkGroup({ header, group, known }: Held, peers: Directory): string[] {
  const faults: string[] = [];
  const fault = (what: string): void => void faults.push(`group of ${header.version}: ${what}`);
  if (group.length > header.replication) fault('more nodes than replicas are wanted');
  if (new Set(group).size !== group.length) fault('a node is there twice');
  const target = header.key.position;
  for (let at = 1; at < group.length; at++) {
    if (compareDistance(peers, target, group[at - 1] ?? 0, group[at] ?? 0) > 0) fault('unsorted');
  }
  if (known >>> group.length !== 0) fault('knows of nobody that it holds the record');
  return faults;
}

function checkUsage({ store, usage }: NodeState): string[] {
  const sum = allItems(store).reduce((total, held) => withUse(total, held, 1), noUsage);
  const faults: string[] = [];
  if (usage.keys !== sum.keys || usage.bytes !== sum.bytes) faults.push('usage: wrong total');
  const same =
    JSON.stringify(allItems(usage.publishers)) === JSON.stringify(allItems(sum.publishers)) &&
    JSON.stringify(allItems(usage.peers)) === JSON.stringify(allItems(sum.peers));
  if (!same) faults.push('usage: wrong shares');
  return [
    ...faults,
    ...checkPaged('publishers', usage.publishers, shareOrder),
    ...checkPaged('senders', usage.peers, shareOrder),
  ];
}
