/**
 * Connections that begin something and never finish it, a byte every few seconds: each kind stops
 * at another place, from plain TCP to a message of a client.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Endpoint } from '../../../../runtime/links/address.ts';
import { HELLO, Mint, RawLink } from '../raw-link.ts';
import { frameOf } from './bad-frames.ts';
import { lagMs } from './lag.ts';
import { inLanes } from './lanes.ts';

export type TrickleKind = 'silent' | 'TCP' | 'TLS hello' | 'hello' | 'frame' | 'client message';

export interface TrickleOrder {
  readonly kind: TrickleKind;
  readonly to: Endpoint;
  readonly authorityDir: string;
  readonly count: number;
}

export interface Trickled {
  readonly begun: number;
  /** Still open in the end. */
  readonly open: number;
  /** Until the last was closed, from when it began what it never finished; ms. */
  readonly lastMs: number;
  /** How late the attacker was at worst. */
  readonly lagMs: number;
}

/** Until all are closed, or it has taken much too long. */
export async function trickle(order: TrickleOrder): Promise<Trickled> {
  const mint = await Mint.open(order.authorityDir);
  const lives: Promise<number>[] = [];
  await inLanes(order.count, BEGUN_AT_ONCE, async () => {
    const begun = await begin(order, mint);
    if (begun !== undefined) lives.push(lifeOf(...begun));
  });
  const all = await Promise.all(lives);
  const open = all.filter((ms) => ms === Infinity).length;
  return {
    begun: all.length,
    open,
    lastMs: Math.max(0, ...all.filter(Number.isFinite)),
    lagMs: lagMs(),
  };
}

/** Comes to where it stays. @returns what is left to send there, and how much of it at once */
async function begin({ kind, to }: TrickleOrder, mint: Mint): Promise<Begun | undefined> {
  if (kind === 'hello' || kind === 'frame') {
    const link = new RawLink(to, await mint.issue());
    if (kind === 'frame') link.send(HELLO);
    if (!(await link.up)) return undefined;
    return [link.socket, kind === 'hello' ? HELLO : frameOf(666, Buffer.alloc(32)), 0];
  }
  const socket = connect(to);
  // A socket that nobody reads does not see its end.
  socket.resume();
  const connected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => {
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
  if (!connected) return undefined;
  if (kind === 'silent') return [socket, Buffer.alloc(0), 0];
  if (kind === 'client message') return [socket, Buffer.from('0024028b00', 'hex'), 0];
  const hello = Buffer.concat([
    Buffer.from('16030102000100 01fc0303'.replace(' ', ''), 'hex'),
    randomBytes(400),
  ]);
  return [socket, hello, kind === 'TCP' ? 0 : 100];
}

type Begun = readonly [socket: Socket, bytes: Uint8Array, atOnce: number];

function lifeOf(socket: Socket, bytes: Uint8Array, atOnce: number): Promise<number> {
  const begunAt = performance.now();
  let at = atOnce;
  if (atOnce > 0) socket.write(bytes.subarray(0, atOnce));
  const writeOne = (): void => {
    if (at < bytes.length - 1) socket.write(bytes.subarray(at, at + 1));
    at += 1;
  };
  writeOne();
  const more = setInterval(writeOne, BYTE_EVERY_MS);
  return new Promise((resolve) => {
    const end = (ms: number): void => {
      clearInterval(more);
      clearTimeout(late);
      socket.destroy();
      resolve(ms);
    };
    const over = (): void => {
      end(performance.now() - begunAt);
    };
    const late = setTimeout(end, LIFE_MS_MAX, Infinity);
    socket.on('error', over);
    socket.on('end', over);
    socket.on('close', over);
  });
}

const BEGUN_AT_ONCE = 32;
const BYTE_EVERY_MS = 5000;
const LIFE_MS_MAX = 45_000;
