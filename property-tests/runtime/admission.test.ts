// What one address and one subnet may take up: on the counter itself, whatever comes and goes, and
// on a real node that holds loopback to the limits.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import {
  ADDRESS_HANDSHAKES_PER_SECOND_MAX,
  HANDSHAKES_PER_ADDRESS_MAX,
} from '../../runtime/bounds.ts';
import { HANDSHAKES_PER_SECOND_MAX, HANDSHAKES_PER_SUBNET_MAX } from '../../runtime/bounds.ts';
import { SUBNET_HANDSHAKES_PER_SECOND_MAX } from '../../runtime/bounds.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { hostOf, subnetOf } from '../../runtime/links/address.ts';
import { Admission } from '../../runtime/links/admission.ts';
import { law } from '../harness.ts';
import { eventually, identityAt, newSite, nodeAt } from './node-kit.ts';
import { rawPeerAs } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';

const ADDRESSES = [
  '192.0.2.1',
  '192.0.2.9',
  '198.51.100.1',
  '2001:db8::1',
  '::ffff:192.0.2.1',
].concat('2001:db8::9:1', '2001:db8:0:1::1');
type Deed = readonly ['begin' | 'over' | 'up' | 'down' | 'wait', number];

const deeds = fc.array(
  fc.tuple(
    fc.constantFrom<Deed[0]>('begin', 'begin', 'begin', 'over', 'up', 'up', 'down', 'wait'),
    fc.nat({ max: ADDRESSES.length - 1 }),
  ),
  { maxLength: 600 },
);

law('nobody gets more than its share, and what ended counts no more', [deeds], 200, (all) => {
  const admission = new Admission({ subnetLinks: 3 });
  const open = ADDRESSES.map(() => 0);
  const up = ADDRESSES.map(() => 0);
  const begunAt: (readonly [number, number])[] = [];
  let now = 0;
  const sumAt = (counts: readonly number[], same: (address: string) => boolean): number =>
    counts.reduce((sum, count, i) => sum + (same(ADDRESSES[i] ?? '') ? count : 0), 0);
  for (const [deed, at] of all) {
    const address = ADDRESSES[at] ?? '';
    const subnet = subnetOf(address);
    if (deed === 'wait') now += 100;
    if (deed === 'begin') {
      const second = begunAt.filter(([when]) => Math.floor(when / 1000) === Math.floor(now / 1000));
      const same = (other: string): boolean => hostOf(other) === hostOf(address);
      const around = (other: string): boolean => subnetOf(other) === subnet;
      const room =
        sumAt(open, same) < HANDSHAKES_PER_ADDRESS_MAX &&
        sumAt(open, around) < HANDSHAKES_PER_SUBNET_MAX &&
        second.filter(([, who]) => around(ADDRESSES[who] ?? '')).length <
          SUBNET_HANDSHAKES_PER_SECOND_MAX &&
        second.filter(([, who]) => same(ADDRESSES[who] ?? '')).length <
          ADDRESS_HANDSHAKES_PER_SECOND_MAX &&
        second.length < HANDSHAKES_PER_SECOND_MAX;
      assert.equal(admission.begin(address, now) === undefined, room);
      if (!room) continue;
      open[at] = (open[at] ?? 0) + 1;
      begunAt.push([now, at]);
    }
    if (deed === 'over' && (open[at] ?? 0) > 0) {
      admission.handshakeOver(address);
      open[at] = (open[at] ?? 0) - 1;
    }
    if (deed === 'up') {
      const room = sumAt(up, (other) => subnetOf(other) === subnet) < 3;
      assert.equal(admission.linkUp(address), room);
      if (room) up[at] = (up[at] ?? 0) + 1;
    }
    if (deed === 'down' && (up[at] ?? 0) > 0) {
      admission.linkDown(address);
      up[at] = (up[at] ?? 0) - 1;
    }
  }
});

test('subnets: /24, /48, and mapped addresses as the IPv4 ones that they are', (t) => {
  t.is(subnetOf('192.0.2.1'), subnetOf('::ffff:192.0.2.200'));
  t.not(subnetOf('192.0.2.1'), subnetOf('192.0.3.1'));
  t.is(subnetOf('2001:db8:1:2::1'), subnetOf('2001:db8:1:ffff::9'));
  t.not(subnetOf('2001:db8:1::1'), subnetOf('2001:db8:2::1'));
});

test('hosts: an IPv4 address, mapped or not, and a /64', (t) => {
  t.is(hostOf('192.0.2.1'), hostOf('::ffff:192.0.2.1'));
  t.not(hostOf('192.0.2.1'), hostOf('192.0.2.2'));
  t.is(hostOf('2001:db8::1'), hostOf('2001:db8::ffff:0:0:1'));
  t.not(hostOf('2001:db8::1'), hostOf('2001:db8:0:1::1'));
});

test('loopback is free of limits unless it is said otherwise', (t) => {
  const free = new Admission({ subnetLinks: 1 });
  for (let i = 0; i < 1000; i++) {
    t.is(free.begin('127.0.0.1', 0), undefined);
    t.true(free.linkUp('::1'));
  }
  const strict = new Admission({ strictLoopback: true, subnetLinks: 1 });
  t.true(strict.linkUp('127.0.0.1'));
  t.false(strict.linkUp('127.0.0.2'));
});

test('one address cannot hold all handshakes, nor one subnet all links', async (t) => {
  const site = await newSite(t);
  const admission = { strictLoopback: true, subnetLinks: 3 };
  const node = await nodeAt(t, site, 'strict', { admission });
  // Ahead, for who has come says nothing and is cut after a while.
  const identities: Identity[] = [];
  for (let i = 0; i < 5; i++) identities.push(await identityAt(site, `raw${i}`));
  const comes = (index: number): Promise<RawPeer> =>
    rawPeerAs(t, identities[index] ?? t.fail(), node.listen);
  const silent: Socket[] = [];
  const dial = (from: string): Socket => {
    const socket = connect({ ...node.listen, localAddress: from });
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
    return socket;
  };
  for (let i = 0; i < 12; i++) silent.push(dial('127.0.0.2'));
  const left = (): number => silent.filter((socket) => !socket.destroyed).length;
  for (const socket of silent) socket.resume();
  await eventually(t, 'only the share of the address stays', () => left() <= 4);
  t.is(left(), HANDSHAKES_PER_ADDRESS_MAX);
  // Others get in meanwhile, as many as one subnet may.
  const peers: RawPeer[] = [];
  for (let i = 0; i < 3; i++) peers.push(await comes(i));
  await eventually(t, 'three hear a hello', () => peers.every(({ heard }) => heard.length === 1));
  const fourth = await comes(3);
  await eventually(t, 'the fourth is turned away', fourth.ended);
  t.deepEqual(fourth.heard, []);
  peers[0]?.socket.destroy();
  await eventually(t, 'a place is free again', peers[0]?.ended ?? ((): boolean => false));
  const fifth = await comes(4);
  await eventually(t, 'the fifth hears a hello', () => fifth.heard.length === 1);
});
