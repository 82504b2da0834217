/**
 * Positions (src/position.ts): the arithmetic under every table, lookup and store. Random pairs
 * differ in their first word, as in all networks but the smallest; near pairs share 40 bits and
 * make the functions look at the second word too.
 */
import {
  comparePositions,
  compareDistance,
  idOf,
  positionOf,
  sharedBits,
  sharedBitsOfPeers,
} from '../../src/position.ts';
import { positionInBucket } from '../../src/random.ts';
import type { Peer, Position } from '../../src/types.ts';
import { count, hold, measure, type Case, type Pace, type SuiteReport } from './measure.ts';
import { listOf, Network, pick } from './network.ts';

const ROUNDS = 4096;

export function runIds(pace: Pace): Promise<SuiteReport> {
  const network = new Network(1024, pace.seed);
  const peers = listOf(ROUNDS, (i) => network.peerOf(i));
  const targets = listOf(ROUNDS, (i) => network.targetOf(i));
  const near = targets.map((target, i) => positionInBucket(target, 40, i));
  return measure('ids', pace, [
    ...sharing(network, peers, targets, near),
    ...comparing(network, peers, targets),
    ...making(network, peers, targets),
  ]);
}

function sharing(
  { directory }: Network,
  peers: readonly Peer[],
  targets: readonly Position[],
  near: readonly Position[],
): readonly Case[] {
  return [
    {
      name: 'shared bits of two positions, random',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) count(sharedBits(pick(targets, i), pick(targets, i + 7)));
      },
    },
    {
      name: 'shared bits of two positions, 40 bits in common',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) count(sharedBits(pick(targets, i), pick(near, i)));
      },
    },
    {
      name: 'shared bits of two peers',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          count(sharedBitsOfPeers(directory, pick(peers, i), pick(peers, i + 7)));
        }
      },
    },
  ];
}

function comparing(
  { directory }: Network,
  peers: readonly Peer[],
  targets: readonly Position[],
): readonly Case[] {
  return [
    {
      name: 'which of two peers is nearer to a target',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          count(compareDistance(directory, pick(targets, i), pick(peers, i), pick(peers, i + 7)));
        }
      },
    },
    {
      name: 'order of two positions',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) {
          count(comparePositions(pick(targets, i), pick(targets, i + 7)));
        }
      },
    },
  ];
}

function making(
  { directory }: Network,
  peers: readonly Peer[],
  targets: readonly Position[],
): readonly Case[] {
  return [
    {
      name: 'position of a peer, as an object',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) hold(positionOf(directory, pick(peers, i)));
      },
    },
    {
      name: 'id of a peer, as an object',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) hold(idOf(directory, pick(peers, i)));
      },
    },
    {
      name: 'random position in a bucket',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) hold(positionInBucket(pick(targets, i), i % 160, i));
      },
    },
  ];
}
