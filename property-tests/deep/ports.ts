/**
 * Ports that stay those of one fleet while its nodes are down, whoever else looks for free ones:
 * blocks of a range that nothing else here chooses from. The first port of a block is listened on
 * as long as the fleet lives, so no two fleets have one block, and the system gives it back however
 * the fleet's process ends.
 */
import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import type { Endpoint } from '../../runtime/links/address.ts';
import { isFree, listenOn } from '../ports.ts';

export interface Ports {
  readonly first: number;
  readonly release: () => void;
}

/** @throws when all blocks are taken, or a block is too small */
export async function reservePorts(count: number): Promise<Ports> {
  if (count >= BLOCK_SIZE) throw new Error(`at most ${BLOCK_SIZE - 1} ports, not ${count}`);
  const start = randomInt(BLOCKS);
  for (let turn = 0; turn < BLOCKS; turn++) {
    const base = RANGE_FIRST + BLOCK_SIZE * ((start + turn) % BLOCKS);
    const keeper = await listenOn(base);
    if (keeper === undefined) continue;
    const ports = Array.from({ length: count }, (_, index) => base + 1 + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return { first: base + 1, release: () => keeper.close() };
    keeper.close();
  }
  throw new Error('no free ports found');
}

/** Whether somebody takes connections there. */
export function isListening(at: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...at });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Above the defaults of nodes and below what `freePorts` and the system choose from. */
const RANGE_FIRST = 8500;
const BLOCK_SIZE = 200;
const BLOCKS = 17;
