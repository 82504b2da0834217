// Dialling: which address comes first, an address that swallows packets, and one that leads to
// somebody else; limits on dials of peers that were only heard of.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { BLIND_DIALS_MAX, BLIND_DIALS_MS, BLIND_SUBNETS_MAX } from '../../runtime/bounds.ts';
import { REDIAL_MS_MAX } from '../../runtime/bounds.ts';
import { AddressBook } from '../../runtime/links/address-book.ts';
import { reachableAt } from '../../runtime/links/address.ts';
import { BlindDials } from '../../runtime/links/blind-dials.ts';
import { familiesInTurn } from '../../runtime/links/dialer.ts';
import { bindServer } from '../../runtime/listening.ts';
import type { WireAddress } from '../../src/wire-types.ts';
import { law } from '../harness.ts';
import { endAt, ping, replies } from './link-kit.ts';
import { ANY_PORT, eventually, newSite } from './node-kit.ts';

const host = fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2');
const endpoints = fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 9 }) }));

law('families take turns, none is lost, and the first stays first', [endpoints], 200, (given) => {
  const turns = familiesInTurn(given);
  assert.deepEqual(turns[0], given[0]);
  assert.deepEqual([...turns].sort(order), [...given].sort(order));
  const isSix = turns.map((one) => one.host.includes(':'));
  const rarer = Math.min(isSix.filter(Boolean).length, isSix.filter((six) => !six).length);
  for (let i = 1; i < 2 * rarer; i++) assert.notEqual(isSix[i], isSix[i - 1]);
});

test('an address that says nothing costs a quarter of a second, not the deadline', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  // It takes connections and never says a word.
  const mute = createServer((socket) => socket.on('error', () => undefined));
  t.teardown(() => mute.close());
  const at = await bindServer(mute, ANY_PORT, 'the mute server');
  a.book.hear(a.peerOf(b), [...reachableAt(at), ...reachableAt(b.listen)]);
  const before = performance.now();
  ping(a, b, 1);
  await eventually(t, 'answered', () => replies(a).length === 1);
  t.true(performance.now() - before < 3000);
  const [first] = a.book.addressesOf(a.peerOf(b));
  t.deepEqual(first, reachableAt(b.listen)[0], 'the one that led there comes first from now on');
});

test('who only called us is dialled before it is asked anything', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  ping(a, b, 1);
  await eventually(t, 'answered', () => replies(a).length === 1);
  t.false(b.book.isFound(b.peerOf(a)));
  ping(b, a, 2);
  await eventually(t, 'answered', () => replies(b).length === 1);
  t.true(b.book.isFound(b.peerOf(a)));
  t.deepEqual([a.links.counts.linksUp, b.links.counts.linksUp], [1, 1], 'one link is enough');
});

test('a peer that could not be dialled is left alone longer each time, and not for ever', (t) => {
  const book = new AddressBook();
  const address: WireAddress = { family: 4, ip: Uint8Array.of(192, 0, 2, 1), port: 1 };
  book.hear(1, [address]);
  t.true(book.mayDial(1, 0));
  for (let failures = 0; failures < 40; failures++) book.doubt(1, 0);
  t.true(book.mayDial(1, REDIAL_MS_MAX));
  const waits = Array.from({ length: 50 }, (_, peer) => {
    for (let failures = 0; failures < 9; failures++) book.doubt(10 + peer, 0);
    return [1000, 30_000].map((at) => book.mayDial(10 + peer, at));
  });
  t.true(waits.filter(([early]) => early === true).length < 10, 'few come back at once');
  t.true(waits.some(([, late]) => late === true) && waits.some(([, late]) => late !== true));
  book.hear(1, [{ ...address, port: 2 }]);
  t.true(book.mayDial(1, 0), 'another address may be tried at once');
});

test('into a subnet only so many dials may fail, until somebody is found there', (t) => {
  const blind = new BlindDials();
  const victim = { host: '192.0.2.9', port: 80 };
  const near = { host: '::ffff:192.0.2.77', port: 81 };
  const far = { host: '198.51.100.1', port: 80 };
  for (let i = 0; i < BLIND_DIALS_MAX; i++) {
    t.deepEqual(blind.allowed([near, far], i), [near, far]);
    blind.failed([victim], i);
  }
  t.deepEqual(blind.allowed([near, far], 9), [far]);
  t.deepEqual(blind.allowed([near], BLIND_DIALS_MS), [near], 'the first is forgotten by then');
  blind.found('192.0.2.1');
  t.deepEqual(blind.allowed([near], 9), [near]);
  const loopback = { host: '127.0.0.1', port: 1 };
  for (let i = 0; i < 9; i++) blind.failed([loopback], 0);
  t.deepEqual(blind.allowed([loopback], 0), [loopback]);
});

test('subnets that are remembered are bounded', (t) => {
  const blind = new BlindDials();
  const at = (i: number): string => `10.${(i >> 8) & 255}.${i & 255}.1`;
  for (let i = 0; i <= BLIND_SUBNETS_MAX; i++) {
    for (let j = 0; j < BLIND_DIALS_MAX; j++) blind.failed([{ host: at(i), port: 1 }], i);
  }
  const allowed = (i: number): number => blind.allowed([{ host: at(i), port: 1 }], 0).length;
  t.deepEqual([allowed(0), allowed(1), allowed(BLIND_SUBNETS_MAX)], [1, 0, 0]);
});

function order(a: { host: string; port: number }, b: { host: string; port: number }): number {
  return a.host.localeCompare(b.host) || a.port - b.port;
}
