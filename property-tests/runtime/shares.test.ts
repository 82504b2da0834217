// What connections share: bytes of unfinished messages, time of the event loop, places.
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { ACCEPTED_LINKS_MAX, CLIENTS_MAX, SLICE_MS } from '../../runtime/bounds.ts';
import { connectionLimits } from '../../runtime/descriptors.ts';
import { InputBudget } from '../../runtime/input-budget.ts';
import type { Cut } from '../../runtime/input-budget.ts';
import { placesOf, whoMakesRoom, whoTakesTooLittle } from '../../runtime/links/capacity.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import { Slices } from '../../runtime/slices.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { law } from '../harness.ts';
import { endAt } from './link-kit.ts';
import { eventually, identityAt, newSite } from './node-kit.ts';
import { rawPeer } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';

const notes = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 60 })), { maxLength: 60 });

law('unfinished messages stay within their budget, the oldest are cut', [notes], 300, (all) => {
  const budget = new InputBudget(100);
  const kept = new Map<number, number>();
  const cuts = Array.from({ length: 6 }, (_, who): Cut => () => {
    const begun = [...kept.keys()];
    assert.equal(begun[0], who, 'who began first goes first');
    kept.delete(who);
  });
  for (const [who, bytes] of all) {
    const cut = cuts[who];
    assert.ok(cut !== undefined);
    if (bytes === 0) kept.delete(who);
    else kept.set(who, bytes);
    budget.note(cut, bytes);
    const sum = [...kept.values()].reduce((total, one) => total + one, 0);
    assert.equal(budget.bytes, sum);
    assert.ok(sum <= 100);
  }
});

test('who always has more to do takes turns with the others, and the loop goes on', async (t) => {
  const slices = new Slices();
  const done = [0, 0, 0];
  let turns = 0;
  const isOver = (): boolean => done.reduce((sum, one) => sum + one, 0) >= 90;
  const busy = (who: number): void => {
    const begun = performance.now();
    while (performance.now() - begun < 1);
    done[who] = (done[who] ?? 0) + 1;
    if (isOver()) return;
    slices.run(() => {
      busy(who);
    });
  };
  for (const who of [0, 1, 2]) {
    slices.run(() => {
      busy(who);
    });
  }
  while (!isOver()) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  // However slow the machine is, a turn has no more than a slice of works of a millisecond.
  t.true(turns >= 90 / (SLICE_MS + 2), `${turns} turns`);
  t.true(Math.max(...done) - Math.min(...done) <= 3 * (SLICE_MS + 2), done.join());
});

test('work that fits is done at once', (t) => {
  const slices = new Slices();
  let done = 0;
  slices.run(() => (done += 1));
  t.is(done, 1);
});

test('connections leave descriptors for the disk, whatever the system allows', (t) => {
  t.like(connectionLimits(Infinity), { linksMax: ACCEPTED_LINKS_MAX, clientsMax: CLIENTS_MAX });
  for (const descriptors of [64, 256, 1024, 20_000]) {
    const { linksMax, clientsMax, dialledMax } = connectionLimits(descriptors);
    t.true(linksMax > 0 && clientsMax > 0 && dialledMax > 0);
    if (descriptors >= 256) t.true(linksMax + clientsMax + dialledMax < descriptors - 64);
  }
  const here = connectionLimits();
  t.true(here.linksMax > 0 && here.linksMax <= ACCEPTED_LINKS_MAX);
});

test('for a known peer the newest stranger goes, for a stranger nobody', (t) => {
  const links = [0, 5, 9, 7].map((waitingBytes) => ({ waitingBytes }));
  const occupants = links.map((one, peer) => ({ peer, link: one }));
  const known = new Set([0, 3, 7]);
  const ask = (places: number, who: number): unknown =>
    whoMakesRoom(occupants, places, who, (peer) => known.has(peer));
  t.is(ask(5, 9), undefined);
  t.is(ask(4, 9), 'none');
  t.is(ask(4, 7), links[2]);
  known.add(1).add(2);
  t.is(ask(4, 7), 'none');
  t.is(placesOf(16), 14);
  t.deepEqual(whoTakesTooLittle(links, 21), []);
  t.deepEqual(whoTakesTooLittle(links, 20), [links[2]]);
  t.deepEqual(whoTakesTooLittle(links, 5), [links[2], links[3]]);
});

test('strangers that hold all links do not keep a known peer out', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a', { placesMax: 3 });
  const hello = encodePeer(ownHello([]));
  const strangers: RawPeer[] = [];
  for (let i = 0; i < 5; i++) {
    const stranger = await rawPeer(t, site, a.listen);
    stranger.socket.write(hello);
    strangers.push(stranger);
    await eventually(t, 'up or refused', () => stranger.ended() || stranger.heard.length > 0);
  }
  t.deepEqual(
    strangers.map((one) => one.ended()),
    [false, false, false, true, true],
  );
  const known = await identityAt(site, 'known');
  a.book.find(a.peerOf({ identity: known }), a.listen);
  for (let i = 0; i < 3; i++) {
    const peer = await rawPeer(t, site, a.listen, undefined, known);
    peer.socket.write(hello);
    await eventually(t, 'in', () => peer.heard.length > 0);
    t.false(peer.ended());
    peer.socket.destroy();
  }
  await eventually(t, 'the newest has gone', () => strangers[2]?.ended() === true);
  t.deepEqual(
    strangers.slice(0, 2).map((one) => one.ended()),
    [false, false],
  );
});
