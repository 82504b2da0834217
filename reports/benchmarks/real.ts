/**
 * Five real nodes, each a process of its own, on mutual TLS: sequential PUT CHECKED and GET through
 * different nodes' client APIs, byte for byte, then two nodes killed with -9 and everything read
 * again through the other three.
 *
 *   node dist/reports/benchmarks/real.js --values 1000 --base-port 26501
 *
 * Every tenth value has 60,000 bytes, the others 1 KiB. Exit code 1 when anything is missing or
 * differs. Data go into a temporary folder that is removed at the end.
 */
import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ConnectedClient } from '../../runtime/api/client.ts';
import { connect, ended, startNode } from './nodes.ts';

const NODES = 5;
const KILLED = 2;

const { values: flags } = parseArgs({
  options: {
    values: { type: 'string', default: '1000' },
    'base-port': { type: 'string', default: '26501' },
  },
});
process.exitCode = await main(Number(flags.values), Number(flags['base-port']));

async function main(count: number, basePort: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'orrery-real-'));
  const nodes: ChildProcess[] = [];
  try {
    for (let i = 0; i < NODES; i++) nodes.push(await startNode(folder, basePort, i));
    const clients = await Promise.all(nodes.map((_, i) => connect(basePort + i)));
    const stored = await putAll(clients, count);
    let faults = await getAll('five nodes', clients, stored);
    faults += await getUnknown(clients[0]);
    for (const node of nodes.slice(0, KILLED)) node.kill('SIGKILL');
    faults += await getAll('three nodes, two killed', clients.slice(KILLED), stored);
    await Promise.all(clients.map((client) => client.close()));
    return faults === 0 && stored.size === count ? 0 : 1;
  } finally {
    for (const node of nodes) node.kill('SIGTERM');
    await Promise.all(nodes.map(ended));
    await rm(folder, { recursive: true, force: true });
  }
}

async function putAll(
  clients: readonly ConnectedClient[],
  count: number,
): Promise<Map<string, Buffer>> {
  const stored = new Map<string, Buffer>();
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const key = createHash('sha256').update(`value ${i}`).digest();
    const value = randomBytes(i % 10 === 9 ? 60_000 : 1024);
    const receipt = await clients[i % NODES]?.put(key, value, { replication: 3 });
    if (receipt?.status === 'good') stored.set(key.toString('hex'), value);
    else console.log(`PUT ${i}: ${receipt?.status ?? 'no node'}`);
  }
  console.log(`PUT CHECKED  ${stored.size} of ${count} good, ${rate(count, began)}`);
  return stored;
}

/** @returns how many values were missing or differed */
async function getAll(
  name: string,
  clients: readonly ConnectedClient[],
  stored: ReadonlyMap<string, Buffer>,
): Promise<number> {
  const began = performance.now();
  let faults = 0;
  let turn = 2;
  let slowestMs = 0;
  for (const [key, value] of stored) {
    const askedAt = performance.now();
    const found = await clients[turn++ % clients.length]?.get(Buffer.from(key, 'hex'));
    slowestMs = Math.max(slowestMs, performance.now() - askedAt);
    if (found === undefined || !value.equals(found)) faults++;
  }
  const equal = `${stored.size - faults} of ${stored.size} equal`;
  const slowest = `slowest ${slowestMs.toFixed(0)} ms`;
  console.log(`GET          ${name}: ${equal}, ${slowest}, ${rate(stored.size, began)}`);
  return faults;
}

async function getUnknown(client: ConnectedClient | undefined): Promise<number> {
  const began = performance.now();
  const found = await client?.get(randomBytes(32));
  const tookMs = performance.now() - began;
  console.log(
    `GET unknown  ${found === undefined ? 'FAILURE' : 'found?'} in ${tookMs.toFixed(1)} ms`,
  );
  return found === undefined && tookMs < 1000 ? 0 : 1;
}

function rate(count: number, began: number): string {
  return `${Math.round((1000 * count) / (performance.now() - began))} per second`;
}
