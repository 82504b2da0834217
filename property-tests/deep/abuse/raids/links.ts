/**
 * Many links at once, each of a peer with an id of its own: opened, kept, and made to send a part
 * of a frame and no more.
 */
import { Mint, RawLink, HELLO } from '../raw-link.ts';
import type { Endpoint } from '../../../../runtime/links/address.ts';
import { lagMs } from './lag.ts';
import { tally } from './tally.ts';
import { inLanes } from './lanes.ts';

export interface LinksOrder {
  readonly to: Endpoint;
  readonly authorityDir: string;
  readonly count: number;
}

/** How much of a STORE of 64 KB each link sends. */
export type Part = 'length' | 'half' | 'all but one byte';

export interface Fate {
  readonly open: number;
  /** How many ended with which word. */
  readonly ended: Readonly<Record<string, number>>;
  /** The longest that one lived after it was told to send; ms. */
  readonly lastMs: number;
  /** How late the attacker was since it was last asked. */
  readonly lagMs: number;
}

interface Held {
  readonly link: RawLink;
  word: string | undefined;
  sentAt: number;
}

let held: Held[] = [];

/** @returns how many are up */
export async function openLinks({ to, authorityDir, count }: LinksOrder): Promise<number> {
  const mint = await Mint.open(authorityDir);
  held = [];
  await inLanes(count, OPENED_AT_ONCE, async () => {
    const link = await upLink(to, mint);
    if (link === undefined) return;
    const one: Held = { link, word: undefined, sentAt: 0 };
    held.push(one);
    void link.ended.then((word) => {
      one.word = word;
    });
  });
  return held.length;
}

/** An attacker that has no processor is cut off in the handshake, and dials once more. */
async function upLink(to: LinksOrder['to'], mint: Mint): Promise<RawLink | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const link = new RawLink(to, await mint.issue());
    link.send(HELLO);
    if (await link.up) return link;
  }
  return undefined;
}

export async function sendPart({ part }: { readonly part: Part }): Promise<void> {
  const frame = Buffer.alloc(FRAME_BYTES, 7);
  frame.writeUInt32BE(FRAME_BYTES - 4, 0);
  frame.writeUInt16BE(STORE, 4);
  const bytes = { length: 6, half: FRAME_BYTES / 2, 'all but one byte': FRAME_BYTES - 1 }[part];
  for (const one of held) {
    const { link } = one;
    one.sentAt = performance.now();
    link.send(frame.subarray(0, bytes));
    // The machine's own buffers are not to hold what the node is to hold.
    if (link.socket.writableLength > 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function fateOfLinks(): Promise<Fate> {
  const lives = held.map(({ link, sentAt }) => link.endedAt - sentAt);
  return {
    open: held.filter(({ word }) => word === undefined).length,
    ended: tally(held.flatMap(({ word }) => word ?? [])),
    lastMs: Math.max(0, ...lives),
    lagMs: lagMs(),
  };
}

const OPENED_AT_ONCE = 24;
const TRIES = 3;
const FRAME_BYTES = 65_536;
const STORE = 668;
