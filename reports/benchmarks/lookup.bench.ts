/**
 * The lookup machine (src/lookup/) without messages: moments of lookups over a converged network
 * of 10,000 nodes are recorded first and then taken again, which is possible because a lookup is a
 * value. One operation is what one reply costs: the answer is taken in, the next peers to ask are
 * chosen, and the end is looked for.
 */
import { defaultConfig } from '../../src/config.ts';
import { beginLookup, isFinished, nextToAsk, onAnswer } from '../../src/lookup/lookup.ts';
import { onOverdue, trailOf, type Lookup } from '../../src/lookup/lookup.ts';
import { positionOf } from '../../src/position.ts';
import { nearestContacts } from '../../src/table/nearest.ts';
import type { Table } from '../../src/table/table.ts';
import type { Peer, Position } from '../../src/types.ts';
import { count, hold, measure, type Pace, type SuiteReport } from './measure.ts';
import { listOf, Network, pick } from './network.ts';

const LOOKUPS = 64;
const ROUNDS = 1024;

/** A lookup that is about to hear from a peer. */
interface Answer {
  readonly lookup: Lookup;
  readonly peer: Peer;
  readonly named: readonly Peer[];
}

interface Start {
  readonly self: Peer;
  readonly target: Position;
  readonly seeds: readonly Peer[];
}

export function runLookup(pace: Pace): Promise<SuiteReport> {
  const network = new Network(10_000, pace.seed);
  const { directory } = network;
  const tables = tablesByPeer(network);
  const starts = listOf(LOOKUPS, (i) => startOf(network, i));
  const answers: Answer[] = [];
  const ends = starts.map((start) => playLookup(network, tables, start, answers));
  const rounds = answers.slice(0, ROUNDS);
  return measure('lookup', pace, [
    {
      name: 'begin with 20 contacts, choose whom to ask',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          const { self, target, seeds } = pick(starts, i);
          const lookup = beginLookup(self, target, seeds, defaultConfig, directory);
          count(nextToAsk(lookup).ask.length);
        }
      },
    },
    {
      name: 'a reply naming 20: take it in, choose whom to ask, look for the end',
      operations: rounds.length,
      run: () => {
        for (const { lookup, peer, named } of rounds) {
          const next = nextToAsk(onAnswer(lookup, peer, named, directory));
          count(next.ask.length + (isFinished(next.lookup) ? 1 : 0));
        }
      },
    },
    {
      name: 'a deadline passes',
      operations: rounds.length,
      run: () => {
        for (const { lookup, peer } of rounds) hold(onOverdue(lookup, peer));
      },
    },
    {
      name: 'the trail of a finished lookup',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) count(trailOf(pick(ends, i), directory).nearest.length);
      },
    },
  ]);
}

function startOf(network: Network, number: number): Start {
  const self = network.peerOf(number);
  const target = network.targetOf(number);
  const { directory } = network;
  const table = network.tableOf(number);
  const own = positionOf(directory, self);
  return { self, target, seeds: nearestContacts(table, own, target, 20, [], directory) };
}

/** Tables are made when a node is first asked: lookups meet few of the nodes. */
function tablesByPeer(network: Network): (peer: Peer) => Table {
  const ranks = new Map<Peer, number>();
  for (let rank = 0; rank < network.size; rank++) ranks.set(network.ring.at(rank), rank);
  const made = new Map<Peer, Table>();
  return (peer) => {
    const table = made.get(peer) ?? network.tableAt(ranks.get(peer) ?? 0);
    made.set(peer, table);
    return table;
  };
}

/** Plays a lookup in which replies come in the order of the questions; notes every answer. */
function playLookup(
  { directory }: Network,
  tableOf: (peer: Peer) => Table,
  { self, target, seeds }: Start,
  answers: Answer[],
): Lookup {
  let { lookup, ask } = nextToAsk(beginLookup(self, target, seeds, defaultConfig, directory));
  const asked: Peer[] = [...ask];
  for (let peer = asked.shift(); peer !== undefined; peer = asked.shift()) {
    const own = positionOf(directory, peer);
    const named = nearestContacts(tableOf(peer), own, target, 20, [self], directory);
    answers.push({ lookup, peer, named });
    ({ lookup, ask } = nextToAsk(onAnswer(lookup, peer, named, directory)));
    asked.push(...ask);
  }
  return lookup;
}
