/**
 * How much is stored: of all, of each publisher, and from each peer, in keys and bytes. A record
 * counts from its acceptance on, before it is on disk; what it replaces counts until then too, for
 * it comes back should the write fail.
 *
 * Invariant: usage is the sum over the store; who would go over a quota is refused, and nothing is
 * thrown out for it (S15). A newer version may take the place of an older one when keys are used
 * up, but there must be room for the bytes of both.
 */

import { emptyPaged, lookUp, pagedFromSorted, withItem, withoutItem } from '../paged.ts';
import type { Order, Paged } from '../paged.ts';
import { compareBits } from '../position.ts';
import type { Bits256, Config, Quota, RecordHeader } from '../types.ts';
import type { Held } from './store.ts';

export interface Share {
  readonly who: Bits256;
  readonly keys: number;
  readonly bytes: number;
}

export interface Usage {
  readonly keys: number;
  readonly bytes: number;
  readonly publishers: Paged<Share>;
  /** Those that sent something; the own node is not counted. */
  readonly peers: Paged<Share>;
}

export const noUsage: Usage = { keys: 0, bytes: 0, publishers: emptyPaged(), peers: emptyPaged() };

export const shareOrder: Order<Share, Bits256> = {
  compare: (share, who) => compareBits(share.who, who),
  keyOf: ({ who }) => who,
  dueAt: () => Infinity,
};

/** Whether a record may come in, in place of `before` if there is one. */
export function hasRoom(
  usage: Usage,
  config: Config,
  record: RecordHeader,
  from: Bits256 | undefined,
  before: Held | undefined,
): boolean {
  const after = withUse(usage, before, -1);
  const { size, publisher } = record;
  if (!fits(after, usage, size, config.quota)) return false;
  const published = (all: Usage): Quota | undefined =>
    lookUp(all.publishers, shareOrder, publisher);
  if (!fits(published(after), published(usage), size, config.publisherQuota)) return false;
  if (from === undefined) return true;
  const sent = (all: Usage): Quota | undefined => lookUp(all.peers, shareOrder, from);
  return fits(sent(after), sent(usage), size, config.peerQuota);
}

/** The usage with a record more (`sign` 1) or less (-1); the same when there is none. */
export function withUse(usage: Usage, held: Held | undefined, sign: 1 | -1): Usage {
  if (held === undefined) return usage;
  const { header, from, replaced } = held;
  const bytes = sign * header.size;
  const { publishers, peers } = usage;
  const next: Usage = {
    keys: usage.keys + sign,
    bytes: usage.bytes + bytes,
    publishers: changed(publishers, header.publisher, sign, bytes),
    peers: from === undefined ? peers : changed(peers, from, sign, bytes),
  };
  return withUse(next, replaced, sign);
}

/** The usage of all that is stored; at once, since there may be hundreds of thousands. */
export function usageOf(store: readonly Held[]): Usage {
  const publishers: Share[] = [];
  const peers: Share[] = [];
  let bytes = 0;
  for (const newest of store) {
    for (let held: Held | undefined = newest; held !== undefined; held = held.replaced) {
      const { size, publisher } = held.header;
      bytes += size;
      publishers.push({ who: publisher, keys: 1, bytes: size });
      if (held.from !== undefined) peers.push({ who: held.from, keys: 1, bytes: size });
    }
  }
  return {
    keys: publishers.length,
    bytes,
    publishers: summed(publishers),
    peers: summed(peers),
  };
}

/** One share for each, the sum of all of its own. */
function summed(shares: Share[]): Paged<Share> {
  shares.sort((a, b) => compareBits(a.who, b.who));
  const sums: Share[] = [];
  for (const { who, keys, bytes } of shares) {
    const last = sums.at(-1);
    if (last === undefined || compareBits(last.who, who) !== 0) sums.push({ who, keys, bytes });
    else sums[sums.length - 1] = { who, keys: last.keys + keys, bytes: last.bytes + bytes };
  }
  return pagedFromSorted(sums, shareOrder);
}

/** @param others what is used beside the record that is replaced, of which only the key is free */
function fits(
  others: Quota | undefined,
  all: Quota | undefined,
  size: number,
  quota: Quota,
): boolean {
  return (others?.keys ?? 0) < quota.keys && (all?.bytes ?? 0) + size <= quota.bytes;
}

function changed(shares: Paged<Share>, who: Bits256, keys: number, bytes: number): Paged<Share> {
  const before = lookUp(shares, shareOrder, who);
  const after = { who, keys: (before?.keys ?? 0) + keys, bytes: (before?.bytes ?? 0) + bytes };
  if (after.keys === 0) return withoutItem(shares, shareOrder, who);
  return withItem(shares, shareOrder, after);
}
