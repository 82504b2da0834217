/**
 * As many requests of clients as the machine gives: connections that always have a burst under way
 * and read every answer.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Endpoint } from '../../../../runtime/links/address.ts';
import { encodeClient } from '../../../../src/codec/client.ts';

export interface RequestsOrder {
  readonly to: Endpoint;
  readonly clients: number;
  /** GETs of what is not there and some small PUTs, or large PUTs alone. */
  readonly what: 'small' | 'large PUTs';
  /** So long at least, and until somebody was answered. */
  readonly ms: number;
}

export interface Requests {
  readonly sent: number;
  readonly perSecond: number;
  /** Answers, by kind; results of PUTs by their status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Connections that ended before their time. */
  readonly cut: number;
}

interface Flood {
  sent: number;
  cut: number;
  isOver: boolean;
  readonly answers: Record<string, number>;
}

export async function floodRequests({ to, clients, what, ms }: RequestsOrder): Promise<Requests> {
  const flood: Flood = { sent: 0, cut: 0, isOver: false, answers: {} };
  const burst = what === 'small' ? smallOnes() : largePuts();
  const sockets = Array.from({ length: clients }, () => floodOne(to, burst, flood));
  const begun = performance.now();
  let seconds = 0;
  while (seconds < ms / 1000 || (isEmpty(flood.answers) && seconds < SILENCE_S_MAX)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    seconds = (performance.now() - begun) / 1000;
  }
  flood.isOver = true;
  for (const socket of sockets) socket.destroy();
  const answered = Object.values(flood.answers).reduce((sum, count) => sum + count, 0);
  return { ...flood, perSecond: answered / seconds };
}

function isEmpty(answers: Readonly<Record<string, number>>): boolean {
  return Object.keys(answers).length === 0;
}

/** GETs of what is not there, and one PUT CHECKED in eight. */
function smallOnes(): Burst {
  const requests = Array.from({ length: 512 }, (_, index) => {
    const key = randomBytes(32);
    if (index % PUT_EVERY !== 0) return encodeClient({ type: 'get', key });
    const value = randomBytes(32);
    return encodeClient({ type: 'put', checked: true, ttlS: 60, replication: 0, key, value });
  });
  return { bytes: Buffer.concat(requests), count: requests.length };
}

function largePuts(): Burst {
  const requests = Array.from({ length: 16 }, () => {
    const [key, value] = [randomBytes(32), randomBytes(60_000)];
    return encodeClient({ type: 'put', checked: true, ttlS: 60, replication: 0, key, value });
  });
  return { bytes: Buffer.concat(requests), count: requests.length };
}

interface Burst {
  readonly bytes: Buffer;
  readonly count: number;
}

function floodOne(to: Endpoint, burst: Burst, flood: Flood): Socket {
  const socket = connect({ ...to, noDelay: true });
  const write = (): void => {
    // Two bursts are under way as long as the node reads.
    while (!flood.isOver && socket.writableLength < burst.bytes.length) {
      flood.sent += burst.count;
      if (!socket.write(burst.bytes)) return;
    }
  };
  let rest: Buffer = Buffer.alloc(0);
  socket.on('connect', write);
  socket.on('drain', write);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (!flood.isOver) flood.cut += 1;
  });
  socket.on('data', (chunk) => {
    rest = count(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), flood.answers);
  });
  return socket;
}

/** @returns the bytes of a message that is not whole yet */
function count(bytes: Buffer, answers: Record<string, number>): Buffer {
  let at = 0;
  while (bytes.length - at >= 4 && bytes.length - at >= bytes.readUInt16BE(at)) {
    const size = bytes.readUInt16BE(at);
    const code = bytes.readUInt16BE(at + 2);
    const word = code === 691 ? `PUT ${STATUSES[bytes[at + 36] ?? 0] ?? 'other'}` : WORDS[code];
    const name = word ?? 'other';
    answers[name] = (answers[name] ?? 0) + 1;
    at += size;
  }
  return bytes.subarray(at);
}

const WORDS: Readonly<Record<number, string>> = { 652: 'SUCCESS', 653: 'FAILURE' };
const STATUSES = ['good', 'too few', 'timed out', 'no peers', 'full', 'invalid', 'busy', 'leaving'];
const PUT_EVERY = 8;
const LOOK_MS = 100;
const SILENCE_S_MAX = 30;
