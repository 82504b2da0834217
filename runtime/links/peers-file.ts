/**
 * The file of saved peers as text, and which peers go into it:
 *
 *   orrery peers 1
 *   ID DATE HOST:PORT [HOST:PORT ...]
 *
 * one line a peer: its id in hex, the day on which it was last a contact, its addresses.
 *
 * Invariants: reading never throws, whatever is in the text, and makes nothing of a file of which a
 * line is wrong; at most `SAVED_PEERS_MAX` peers and `PEERS_FILE_BYTES_MAX` bytes; the same peers
 * give the same text.
 */
import { ADDRESSES_PER_PEER_MAX } from '../../src/limits.ts';
import { SAVED_PEERS_ENOUGH, SAVED_PEERS_MAX, SAVED_PEER_DAYS } from '../bounds.ts';
import { DAY_MS, dayOf } from '../clock.ts';
import { formatEndpoint, fromWireAddress, subnetOf, toWireAddress } from './address.ts';
import type { Endpoint } from './address.ts';

export interface SavedPeer {
  /** In hex. */
  readonly id: string;
  /** The day, as `2026-01-31`. */
  readonly seen: string;
  /** At least one, none of them a name. */
  readonly at: readonly Endpoint[];
}

/** Nothing when it is no whole and sound file of ours. */
export function parsePeers(text: string): readonly SavedPeer[] | undefined {
  const [head, ...lines] = text.split('\n');
  if (head !== HEAD || lines.pop() !== '' || lines.length > SAVED_PEERS_MAX) return undefined;
  const peers = lines.map(parseLine).filter((peer) => peer !== undefined);
  const ids = new Set(peers.map(({ id }) => id));
  return ids.size === lines.length ? peers : undefined;
}

export function textOfPeers(peers: readonly SavedPeer[]): string {
  const sorted = [...peers].sort((a, b) => (a.id < b.id ? -1 : 1));
  const lines = sorted.map(({ id, seen, at }) => [id, seen, ...at.map(formatEndpoint)].join(' '));
  return [HEAD, ...lines, ''].join('\n');
}

/**
 * Who is saved: of the contacts as many as there is room for; where they are few, also who was
 * saved before and not so long ago, for a part of a network that is cut off is to be found again.
 */
export function chosenPeers(
  contacts: readonly SavedPeer[],
  before: readonly SavedPeer[],
  today: string,
): readonly SavedPeer[] {
  const chosen = spread(contacts).slice(0, SAVED_PEERS_MAX);
  const ids = new Set(chosen.map(({ id }) => id));
  const oldest = dayOf(Date.parse(today) - SAVED_PEER_DAYS * DAY_MS);
  const older = before.filter(({ id, seen }) => !ids.has(id) && seen >= oldest && seen <= today);
  const room = Math.max(0, SAVED_PEERS_ENOUGH - chosen.length);
  return [...chosen, ...spread(older).slice(0, room)];
}

/** One of each subnet, then another of each, and so on, for one tenant's are soon gone together. */
export function spread(peers: readonly SavedPeer[]): readonly SavedPeer[] {
  const seen = new Map<string, number>();
  const ranked = peers.map((peer) => {
    const subnet = subnetOf(peer.at[0]?.host ?? '');
    const rank = seen.get(subnet) ?? 0;
    seen.set(subnet, rank + 1);
    return { peer, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ peer }) => peer);
}

function parseLine(line: string): SavedPeer | undefined {
  const [id = '', seen = '', ...places] = line.split(' ');
  if (!ID.test(id) || !DAY.test(seen)) return undefined;
  const at = places.map(parsePlace).filter((endpoint) => endpoint !== undefined);
  if (at.length !== places.length || at.length === 0) return undefined;
  return at.length > ADDRESSES_PER_PEER_MAX ? undefined : { id, seen, at };
}

/** A literal address in its one spelling, with a port that can be dialled. */
function parsePlace(text: string): Endpoint | undefined {
  const [, six, four, port] = PLACE.exec(text) ?? [];
  const wire = toWireAddress({ host: six ?? four ?? '', port: Number(port) });
  return wire === undefined ? undefined : fromWireAddress(wire);
}

const HEAD = 'orrery peers 1';
const ID = /^[0-9a-f]{64}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const PLACE = /^(?:\[([0-9a-f:.]{2,45})\]|([0-9.]{7,15})):(\d{1,5})$/;
