/**
 * How long a node takes to start with many records on its disk.
 *
 *   node dist/reports/benchmarks/start.js --records 100000 --bytes 1024 --runs 5
 *
 * Fills a disk through the runtime's own writes, then starts a node on it, each time in a fresh
 * process, and prints what `startNode` took and what memory the process had then. On a busy machine
 * the processor time tells more than the clock. Exit code 1 when a node does not hold all the
 * records. Data go into a temporary folder, removed at the end.
 */
import { fork } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keyOf } from '../../host/admit.ts';
import { bits256Of } from '../../host/words.ts';
import { sha256 } from '../../runtime/edge.ts';
import { developmentIdentity } from '../../runtime/identity/development.ts';
import { silentLog } from '../../runtime/log.ts';
import { startNode } from '../../runtime/node.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import type { DiskWrite } from '../../runtime/records/record-batch.ts';
import { encodeStored } from '../../runtime/records/record-bytes.ts';

interface Started {
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly records: number;
  readonly rssMiB: number;
}

const CHUNK = 200;
const DAY_S = 86_400;
/** Fellows that sent the records. */
const SENDERS = Array.from({ length: 100 }, () => bits256Of(randomBytes(32)));
const { values: flags } = parseArgs({
  options: {
    records: { type: 'string', default: '100000' },
    bytes: { type: 'string', default: '1024' },
    runs: { type: 'string', default: '5' },
    /** For the processes of the runs: the folder that was filled. */
    folder: { type: 'string' },
  },
});
if (flags.folder !== undefined) process.send?.(await startOn(flags.folder));
else process.exitCode = await main(Number(flags.records), Number(flags.bytes), Number(flags.runs));

async function main(records: number, bytes: number, runs: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'orrery-start-'));
  try {
    await fill(folder, records, bytes);
    const started: Started[] = [];
    for (let run = 0; run < runs; run++) started.push(await startApart(folder));
    const times = started.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
    const median = times[times.length >>> 1] ?? NaN;
    const cpu = Math.min(...started.map(({ cpuMs }) => cpuMs));
    const rss = Math.max(...started.map(({ rssMiB }) => rssMiB));
    console.log(`${records} records of ${bytes} bytes, ${runs} starts`);
    console.log(`start: median ${median.toFixed(0)} ms, slowest ${times.at(-1)?.toFixed(0)} ms`);
    console.log(`processor time of it, all threads: ${cpu.toFixed(0)} ms at best`);
    console.log(`resident memory after it: ${rss.toFixed(0)} MiB at most`);
    return started.every((one) => one.records === records) ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(folder: string, records: number, bytes: number): Promise<void> {
  const disk = await openDisk(dataOf(folder), silentLog);
  for (let from = 0; from < records; from += CHUNK) {
    const writes: DiskWrite[] = [];
    for (let i = from; i < Math.min(records, from + CHUNK); i++) writes.push(newPut(bytes));
    if (!(await disk.write(writes))) throw new Error('the records could not be written');
  }
  await disk.close();
}

function newPut(bytes: number): DiskWrite {
  const publisher = randomBytes(32);
  const nowMs = Date.now();
  const header = {
    key: keyOf({ hash: sha256 }, randomBytes(32)),
    version: nowMs,
    publisher: bits256Of(publisher),
    size: bytes,
    replication: 8,
    ttlS: DAY_S,
    publishedAtMs: nowMs,
    lifeMs: DAY_S * 1000,
  };
  const envelope = {
    publisher,
    certificate: randomBytes(400),
    signature: randomBytes(64),
    value: randomBytes(bytes),
  };
  const from = SENDERS[randomInt(SENDERS.length)];
  const record = { header, storedAtMs: nowMs, from };
  return { type: 'put', record, bytes: encodeStored({ ...record, envelope }) };
}

function startApart(folder: string): Promise<Started> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['--folder', folder]);
    let started: Started | undefined;
    child.once('message', (message) => (started = message as Started));
    child.once('exit', () => {
      if (started === undefined) reject(new Error('a start ended without a result'));
      else resolve(started);
    });
  });
}

async function startOn(folder: string): Promise<Started> {
  const dataDir = dataOf(folder);
  const authorityDir = join(folder, 'authority');
  const { identity } = await developmentIdentity({ authorityDir, dataDir });
  const began = performance.now();
  const before = process.cpuUsage();
  const node = await startNode({ listen: { host: '127.0.0.1', port: 0 }, dataDir, identity });
  const tookMs = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  const { records } = node.status();
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  await node.close();
  return { tookMs, cpuMs: (user + system) / 1000, records, rssMiB };
}

function dataOf(folder: string): string {
  return join(folder, 'node');
}
