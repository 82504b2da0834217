/**
 * What it costs to record: three real nodes, each a process of its own on mutual TLS, under all the
 * PUT CHECKED and GET that one client can ask for, with `--record` and without.
 *
 *   node dist/reports/benchmarks/recording.js --rounds 6 --seconds 10 [--values]
 *
 * Networks take turns (without, with, with, without, …), so that a slow minute of the machine falls
 * on both. What is told: answers a second, and processor time of the three nodes for each answer,
 * as medians, and the ratios within each round. Data go into a temporary folder that is removed at
 * the end.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ConnectedClient } from '../../runtime/api/client.ts';
import { connect, ended, startNode } from './nodes.ts';

const NODES = 3;
/** Requests that the client has open at any time, half of them PUTs. */
const AT_ONCE = 64;
const KEYS = 2000;
const VALUE_BYTES = 1024;
/** Of the clock by which Linux counts what a process has used. */
const TICKS_PER_SECOND = 100;

interface Taken {
  readonly perSecond: number;
  /** Of all nodes together. */
  readonly cpuUsPerAnswer: number;
  readonly bytesPerAnswer: number;
}

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '10' },
    values: { type: 'boolean', default: false },
    'base-port': { type: 'string', default: '26601' },
  },
});
await main(Number(flags.rounds), Number(flags.seconds), Number(flags['base-port']));

async function main(rounds: number, seconds: number, basePort: number): Promise<void> {
  const record = ['--record', ...(flags.values ? ['--record-values'] : [])];
  const without: Taken[] = [];
  const recorded: Taken[] = [];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [false, true] : [true, false];
    for (const isRecorded of order) {
      const taken = await measure(basePort, seconds, isRecorded ? record : []);
      (isRecorded ? recorded : without).push(taken);
      console.log(`${isRecorded ? record.join(' ') : 'without'}: ${lineOf(taken)}`);
    }
  }
  const [a, b] = [medianOf(without), medianOf(recorded)];
  console.log(`medians, without: ${lineOf(a)}`);
  console.log(`medians, ${record.join(' ')}: ${lineOf(b)}`);
  const cost = ratiosOf(without, recorded, (taken) => taken.cpuUsPerAnswer);
  const answers = ratiosOf(without, recorded, (taken) => taken.perSecond);
  console.log(`with / without, processor time for an answer: ${cost}`);
  console.log(`with / without, answers a second: ${answers}`);
}

async function measure(basePort: number, seconds: number, more: readonly string[]): Promise<Taken> {
  const folder = await mkdtemp(join(tmpdir(), 'orrery-recording-'));
  const nodes = [];
  try {
    for (let i = 0; i < NODES; i++) nodes.push(await startNode(folder, basePort, i, more));
    const client = await connect(basePort);
    // What is compiled and stored at first is none of what recording costs.
    await load(client, seconds / 3);
    const pids = nodes.map(({ pid }) => pid ?? 0);
    const [cpuBefore, bytesBefore] = [await cpuUsOf(pids), await recordedIn(folder)];
    const { answers, tookMs } = await load(client, seconds);
    const [cpuAfter, bytesAfter] = [await cpuUsOf(pids), await recordedIn(folder)];
    await client.close();
    return {
      perSecond: (1000 * answers) / tookMs,
      cpuUsPerAnswer: (cpuAfter - cpuBefore) / answers,
      bytesPerAnswer: (bytesAfter - bytesBefore) / answers,
    };
  } finally {
    for (const node of nodes) node.kill('SIGTERM');
    await Promise.all(nodes.map(ended));
    await rm(folder, { recursive: true, force: true });
  }
}

async function load(
  client: ConnectedClient,
  seconds: number,
): Promise<{ readonly answers: number; readonly tookMs: number }> {
  const began = performance.now();
  const value = randomBytes(VALUE_BYTES);
  let answers = 0;
  const ask = async (worker: number): Promise<void> => {
    for (let turn = 0; performance.now() - began < 1000 * seconds; turn++) {
      const key = createHash('sha256')
        .update(`${(worker * 31 + turn) % KEYS}`)
        .digest();
      if (worker % 2 === 0) await client.put(key, value, { replication: NODES });
      else await client.get(key);
      answers += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => ask(worker)));
  return { answers, tookMs: performance.now() - began };
}

/** What the processes have used so far, all their threads, in us. */
async function cpuUsOf(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [, , , , , , , , , , , user = 0, system = 0] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    ticks += user + system;
  }
  return (1e6 * ticks) / TICKS_PER_SECOND;
}

/** Bytes of all recordings. */
async function recordedIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    if (name.endsWith('.orrec')) bytes += (await stat(join(folder, name))).size;
  }
  return bytes;
}

/** Their median and range. */
function ratiosOf(
  without: readonly Taken[],
  recorded: readonly Taken[],
  of: (taken: Taken) => number,
): string {
  const ratios = recorded
    .map((taken, round) => of(taken) / of(without[round] ?? taken))
    .sort((a, b) => a - b);
  const [least = 0, most = 0, middle = 0] = [ratios[0], ratios.at(-1), ratios[ratios.length >> 1]];
  return `${middle.toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})`;
}

function medianOf(all: readonly Taken[]): Taken {
  const median = (of: (taken: Taken) => number): number =>
    all.map(of).sort((a, b) => a - b)[all.length >> 1] ?? 0;
  return {
    perSecond: median((taken) => taken.perSecond),
    cpuUsPerAnswer: median((taken) => taken.cpuUsPerAnswer),
    bytesPerAnswer: median((taken) => taken.bytesPerAnswer),
  };
}

function lineOf({ perSecond, cpuUsPerAnswer, bytesPerAnswer }: Taken): string {
  const bytes = bytesPerAnswer === 0 ? '' : `, ${bytesPerAnswer.toFixed(0)} bytes recorded each`;
  return `${perSecond.toFixed(0)} answers a second, ${cpuUsPerAnswer.toFixed(0)} us each${bytes}`;
}
