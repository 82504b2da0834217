/**
 * The routing table and the nearest contacts in it (src/table/), on tables of
 * converged networks of 1,000 and of 100,000 nodes (k = 20: some 130 and 260 contacts). 64 tables
 * take turns, so that they come from the second-level cache, as they do in a running simulation.
 */
import { peerWord, positionOf, sharedBitsOfPeers } from '../../src/position.ts';
import { nearestContacts } from '../../src/table/nearest.ts';
import {
  contactAt,
  contactCount,
  slotOf,
  withContact,
  withHeard,
  withoutContact,
  withSpare,
  type Table,
} from '../../src/table/table.ts';
import type { Peer, Position } from '../../src/types.ts';
import { count, hold, measure, type Case, type Pace, type SuiteReport } from './measure.ts';
import { listOf, Network, pick } from './network.ts';

const TABLES = 64;
const ROUNDS = 1024;

/** A node of the network and one of its contacts. */
interface Owner {
  readonly own: Position;
  readonly table: Table;
  readonly contact: Peer;
  readonly bucket: number;
  readonly slot: number;
  /** The table without that contact. */
  readonly lacking: Table;
  readonly word: number;
}

export function runTable(pace: Pace): Promise<SuiteReport> {
  const small = new Network(1000, pace.seed);
  const large = new Network(100_000, pace.seed);
  return measure('table', pace, [
    ...nearestCases(small, '1,000 nodes'),
    ...nearestCases(large, '100,000 nodes'),
    ...changeCases(large),
  ]);
}

function nearestCases(network: Network, label: string): readonly Case[] {
  const owners = listOf(TABLES, (i) => ownerOf(network, i));
  const targets = listOf(ROUNDS, (i) => network.targetOf(i));
  const { directory } = network;
  return [
    {
      name: `20 nearest to a random target, ${label}`,
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          const { table, own, contact } = pick(owners, i);
          count(nearestContacts(table, own, pick(targets, i), 20, [contact], directory).length);
        }
      },
    },
    {
      name: `20 nearest to the own position, ${label}`,
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          const { table, own } = pick(owners, i);
          count(nearestContacts(table, own, own, 20, [], directory).length);
        }
      },
    },
  ];
}

function changeCases(network: Network): readonly Case[] {
  const owners = listOf(TABLES, (i) => ownerOf(network, i));
  const strangers = listOf(ROUNDS, (i) => network.peerOf(TABLES + i));
  return [
    {
      name: 'slot of a contact, 100,000 nodes',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          const { table, bucket, contact } = pick(owners, i);
          count(slotOf(table, bucket, contact));
        }
      },
    },
    {
      name: 'a contact comes, 100,000 nodes',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          const { lacking, bucket, contact, word } = pick(owners, i);
          hold(withContact(lacking, bucket, contact, word));
        }
      },
    },
    {
      name: 'a contact goes, 100,000 nodes',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          const { table, bucket, slot } = pick(owners, i);
          hold(withoutContact(table, bucket, slot));
        }
      },
    },
    {
      name: 'a contact is heard for the first time',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          const { table, slot } = pick(owners, i);
          hold(withHeard(table, slot, true));
        }
      },
    },
    {
      name: 'a spare for a full bucket',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          hold(withSpare(pick(owners, i).table, i & 7, pick(strangers, i)));
        }
      },
    },
  ];
}

function ownerOf(network: Network, number: number): Owner {
  const { directory } = network;
  const self = network.peerOf(number);
  const table = network.tableOf(number);
  const slot = (37 * number) % contactCount(table);
  const contact = contactAt(table, slot);
  const bucket = sharedBitsOfPeers(directory, self, contact);
  return {
    own: positionOf(directory, self),
    table,
    contact,
    bucket,
    slot,
    lacking: withoutContact(table, bucket, slot),
    word: peerWord(directory, contact, 0),
  };
}
