/**
 * Ports for nodes of tests, which begin to listen on them long after they were chosen, and may
 * leave and take them again: blocks of a range from which neither fleets (`deep/ports.ts`) nor the
 * system choose. The last port of a block is listened on until this process ends, so no two tests
 * have one block.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

/**
 * The first of `count` ports that are free, with those one and two thousand higher; at random.
 *
 * @throws when all blocks are taken, or a block is too small
 */
export async function freePorts(count: number): Promise<number> {
  if (count >= BLOCK_SIZE) throw new Error(`at most ${BLOCK_SIZE - 1} ports, not ${count}`);
  const start = randomInt(BLOCKS);
  for (let turn = 0; turn < BLOCKS; turn++) {
    const base = firstOf((start + turn) % BLOCKS);
    const keeper = await listenOn(base + BLOCK_SIZE - 1);
    if (keeper === undefined) continue;
    const ports = [0, 1000, 2000].flatMap((above) =>
      Array.from({ length: count }, (_, index) => base + index + above),
    );
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) {
      keeper.unref();
      return base;
    }
    keeper.close();
  }
  throw new Error('no free ports found');
}

export async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** @returns nothing when somebody else listens there */
export function listenOn(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

/** What is one and two thousand higher is the same block's. */
function firstOf(block: number): number {
  const [third, place] = [Math.floor(block / BLOCKS_EACH), block % BLOCKS_EACH];
  return RANGE_FIRST + 3000 * third + BLOCK_SIZE * place;
}

const RANGE_FIRST = 12_000;
const BLOCK_SIZE = 50;
const BLOCKS_EACH = 1000 / BLOCK_SIZE;
/** Up to 30,000: below the ports that the system itself chooses from. */
const BLOCKS = 6 * BLOCKS_EACH;
