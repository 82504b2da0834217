/** STOREs of one certified peer, all of them good: signed by it, each with a key of its own. */
import { randomBytes, sign } from 'node:crypto';
import { sha256 } from '../../../../runtime/edge.ts';
import { encodePeer } from '../../../../src/codec/peer.ts';
import { signedBytes } from '../../../../src/codec/record.ts';
import { HELLO, Mint, RawLink } from '../raw-link.ts';
import type { Credential } from '../raw-link.ts';
import { inLanes } from './lanes.ts';
import type { LinksOrder } from './links.ts';

export interface StoresOrder extends LinksOrder {
  readonly valueBytes: number;
}

/** How often which answer came. */
export async function floodStores(order: StoresOrder): Promise<Readonly<Record<string, number>>> {
  const mint = await Mint.open(order.authorityDir);
  const credential = await mint.issue();
  const answers: Record<string, number> = {};
  const open = new Map<number, () => void>();
  const link = new RawLink(order.to, credential, (message) => {
    if (message.type !== 'reply') return;
    const { body } = message;
    const word = body.type === 'refused' ? body.reason : body.type;
    answers[word] = (answers[word] ?? 0) + 1;
    open.get(message.call)?.();
    open.delete(message.call);
  });
  void link.ended.then((word) => {
    answers[`link ended: ${word}`] = 1;
    for (const resume of open.values()) resume();
    open.clear();
  });
  link.send(HELLO);
  if (!(await link.up)) return { 'no link': 1 };
  await inLanes(order.count, CALLS_AT_ONCE, async (number) => {
    if (link.endedAt > 0) return;
    const answered = new Promise<void>((resolve) => open.set(number + 1, resolve));
    link.send(storeOf(credential, number + 1, order.valueBytes));
    await answered;
  });
  link.socket.destroy();
  return answers;
}

function storeOf(credential: Credential, call: number, valueBytes: number): Uint8Array {
  const value = randomBytes(valueBytes);
  const nowMs = Date.now();
  const claims = {
    key: randomBytes(32),
    version: nowMs,
    publishedAtMs: nowMs,
    ttlS: 3600,
    replication: 8,
    publisher: credential.nodeId,
    certificate: credential.certificate,
  };
  const sealed = { ...claims, size: value.length, digest: sha256(value) };
  const signature = sign(null, signedBytes(sealed), credential.key);
  const record = { ...claims, signature, value, lifeMs: 3_600_000 };
  return encodePeer({ type: 'request', call, body: { type: 'store', record } });
}

const CALLS_AT_ONCE = 128;
