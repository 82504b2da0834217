/**
 * Links of a certified peer, each with one frame that no good node sends. What must end the link by
 * docs/wire.md is told apart from what may do no more than be refused or wait for its rest.
 */
import { randomBytes } from 'node:crypto';
import { encodePeer } from '../../../../src/codec/peer.ts';
import { Chance } from '../../chance.ts';
import { HELLO, Mint, RawLink } from '../raw-link.ts';
import type { Credential } from '../raw-link.ts';
import { inLanes } from './lanes.ts';
import type { LinksOrder } from './links.ts';

export interface BadFrames {
  readonly sent: Readonly<Record<string, number>>;
  /** By kind: links that should have ended at once and did not. */
  readonly stayed: Readonly<Record<string, number>>;
  /** Links that were not accepted at all. */
  readonly refused: number;
}

interface Kind {
  readonly name: string;
  /** Whether the node must end the link. */
  readonly ends: boolean;
  /** Bytes after our hello; those of kinds that say no hello first come alone. */
  readonly bytes: (chance: Chance) => Uint8Array;
  readonly silent?: boolean;
}

/** A frame with this code and body. */
export function frameOf(code: number, body: Uint8Array, call = 7): Buffer {
  const frame = Buffer.alloc(10 + body.length);
  frame.writeUInt32BE(6 + body.length, 0);
  frame.writeUInt16BE(code, 4);
  frame.writeUInt32BE(call, 6);
  frame.set(body, 10);
  return frame;
}

function withLength(length: number): Buffer {
  const frame = frameOf(662, NOTHING);
  frame.writeUInt32BE(length, 0);
  return frame;
}

const NOTHING = Buffer.alloc(0);
const PING = encodePeer({ type: 'request', call: 7, body: { type: 'ping' } });

const KINDS: readonly Kind[] = [
  { name: 'flipped bit', ends: false, bytes: flipped },
  { name: 'length 0xffffffff', ends: true, bytes: () => withLength(0xffffffff) },
  { name: 'length 2^31', ends: true, bytes: () => withLength(2 ** 31) },
  { name: 'length 0', ends: true, bytes: () => withLength(0) },
  { name: 'length one more than a frame', ends: true, bytes: () => withLength(73_725) },
  { name: 'length for another code', ends: true, bytes: () => frameOf(662, Buffer.alloc(5)) },
  { name: 'hello twice', ends: true, bytes: () => HELLO },
  { name: 'call before hello', ends: true, silent: true, bytes: () => PING },
  { name: 'goodbye of no reason', ends: true, bytes: () => frameOf(661, Buffer.of(200), 0) },
  { name: 'unknown code', ends: true, bytes: (chance) => frameOf(unknown(chance), NOTHING) },
  { name: 'reply to nothing', ends: false, bytes: () => frameOf(663, NOTHING) },
  { name: 'garbage', ends: false, bytes: (chance) => randomBytes(chance.between(1, 4000)) },
  { name: 'garbage first', ends: false, silent: true, bytes: () => randomBytes(500) },
];

function flipped(chance: Chance): Uint8Array {
  const body = randomBytes(chance.pick([20, 32, 37, 200, 600]) ?? 20);
  const frame = frameOf(chance.between(660, 699), body);
  const at = chance.between(0, frame.length - 1);
  frame[at] = (frame[at] ?? 0) ^ (1 << chance.between(0, 7));
  return frame;
}

function unknown(chance: Chance): number {
  return chance.percent(50) ? chance.between(0, 659) : chance.between(700, 65_535);
}

export async function sendBadFrames(
  order: LinksOrder & { readonly seed: string },
): Promise<BadFrames> {
  const mint = await Mint.open(order.authorityDir);
  const chance = new Chance(order.seed, 0);
  const sent: Record<string, number> = {};
  const stayed: Record<string, number> = {};
  let refused = 0;
  const free: Credential[] = [];
  for (let lane = 0; lane < AT_ONCE; lane++) free.push(await mint.issue());
  await inLanes(order.count, AT_ONCE, async (number) => {
    const kind = KINDS[number % KINDS.length];
    const credential = free.pop();
    if (kind === undefined || credential === undefined) return;
    const link = new RawLink(order.to, credential);
    if (kind.silent !== true) link.send(HELLO);
    // The node says hello at once, whatever we say.
    const isUp = await link.up;
    if (!isUp && kind.silent !== true) refused += 1;
    link.send(kind.bytes(chance));
    sent[kind.name] = (sent[kind.name] ?? 0) + 1;
    const ended = await within(kind.ends ? END_MS_MAX : LOOK_MS, link.ended);
    if (kind.ends && !ended) stayed[kind.name] = (stayed[kind.name] ?? 0) + 1;
    link.socket.destroy();
    free.push(credential);
  });
  return { sent, stayed, refused };
}

function within(ms: number, ending: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, ms);
    void ending.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

const AT_ONCE = 8;
const END_MS_MAX = 5000;
/** What need not end the link is left alone after this, in ms. */
const LOOK_MS = 20;
