// A node that stood still must not take what it reads afterwards for fresh: a record's life goes on
// while it waits in the buffers of a stopped process.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { createSigner } from '../../runtime/edge.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { parseEndpoint } from '../../runtime/links/address.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import type { WireRecord } from '../../src/wire-types.ts';
import { node } from '../cli/cli-kit.ts';
import { eventually, identityAt, newKey, newSite, valueOf } from './node-kit.ts';
import { rawPeer } from './raw-peer.ts';

const TTL_S = 2;

test.serial('a store that waited longer than its life is refused', async (t) => {
  t.timeout(60_000);
  const site = await newSite(t);
  await identityAt(site, 'node');
  const stopped = await node(t, site.dir, 'node');
  const peer = await rawPeer(t, site, parseEndpoint(stopped.listen, 'the node'));
  const { publisher, certificate, sign } = createSigner(new LiveIdentity(peer.identity));
  let calls = 0;
  const store = (): (() => string | undefined) => {
    const at = Date.now();
    const times = { version: at, publishedAtMs: at, ttlS: TTL_S };
    const claims = { key: newKey(), ...times, replication: 1, publisher, certificate };
    const value = valueOf(50);
    const signature = sign(claims, value);
    const record: WireRecord = { ...claims, value, signature, lifeMs: TTL_S * 1000 };
    const call = ++calls;
    peer.socket.write(encodePeer({ type: 'request', call, body: { type: 'store', record } }));
    return () => {
      const reply = peer.heard.find((one) => one.type === 'reply' && one.call === call);
      if (reply?.type !== 'reply') return undefined;
      return reply.body.type === 'refused' ? reply.body.reason : reply.body.type;
    };
  };
  const taken = async (): Promise<boolean> => {
    const answer = store();
    await eventually(t, 'an answer', () => answer() !== undefined);
    return answer() === 'ok';
  };
  peer.socket.write(encodePeer(ownHello([])));
  // A machine that is busy may hold the node up as well: then once more.
  const fresh = async (): Promise<void> => {
    while (!(await taken())) await delay(100);
  };
  await fresh();
  stopped.kill('SIGSTOP');
  const waiting = store();
  await delay(2 * TTL_S * 1000);
  stopped.kill('SIGCONT');
  await eventually(t, 'an answer', () => waiting() !== undefined);
  t.is(waiting(), 'expired');
  await fresh();
});
