// Weather over real links (TLS on loopback): what is sent arrives as late as the model says and in
// order, loses exactly the calls that the simulator would lose, and goes to nobody beyond a cut.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { DelayedLinks } from '../../real/weather.ts';
import { latencyOf } from '../../sim/latency/latency.ts';
import { isCut, Network } from '../../sim/network.ts';
import type { Split } from '../../sim/network.ts';
import { defaultOptions } from '../../sim/options.ts';
import { Population, WHOLE } from '../../sim/population.ts';
import { keysOf } from '../../sim/streams.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import type { Peer } from '../../src/types.ts';
import { endAt, introduceEach } from '../runtime/link-kit.ts';
import type { End } from '../runtime/link-kit.ts';
import { eventually, newSite } from '../runtime/node-kit.ts';

const ONE_WAY_MS = 40;
const CALM = { loss: 0, split: undefined, lives: [] };

interface Sky {
  readonly a: End;
  readonly b: End;
  readonly port: DelayedLinks;
  readonly ping: (call: number) => void;
}

/** Two ends that know each other, one of them under the weather. */
async function sky(t: ExecutionContext, dials: boolean, jitter = 0): Promise<Sky> {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  introduceEach(a, b);
  const options = defaultOptions({ latency: { type: 'constant', ms: ONE_WAY_MS }, jitter });
  const keys = keysOf('weather');
  const latency = latencyOf(options, keys.places);
  const self = a.peerOf(a);
  const parts = {
    self,
    keys,
    latency,
    dials,
    scale: 1,
    peerAt: () => a.peerOf(b),
    conditions: CALM,
  };
  const port = new DelayedLinks(a.links, parts);
  t.teardown(() => {
    port.end();
  });
  const to = a.peerOf(b);
  const ping = (call: number): void => {
    port.request(to, call, encodePeer({ type: 'request', call, body: { type: 'ping' } }));
  };
  return { a, b, port, ping };
}

/** A partition with the two in different camps. */
function cutBetween(one: Peer, other: Peer): Split {
  const splits = Array.from({ length: 100 }, (_, key) => ({ key, share: 0.5 }));
  const split = splits.find((each) => isCut(each, one, other));
  if (split === undefined) throw new Error('no key of a hundred parts the two');
  return split;
}

test('a request leaves after the delay of the model, the first after a dial as well', async (t) => {
  const { b, ping } = await sky(t, true);
  let from = performance.now();
  ping(1);
  await eventually(t, 'the ping is there', () => b.frames.length === 1);
  // A dial is two round trips.
  t.true(performance.now() - from >= 5 * ONE_WAY_MS - 1);
  from = performance.now();
  ping(2);
  await eventually(t, 'the ping is there', () => b.frames.length === 2);
  t.true(performance.now() - from >= ONE_WAY_MS - 1);
});

test('nothing overtakes, however much delays differ', async (t) => {
  const { b, ping } = await sky(t, false, 0.9);
  const calls = Array.from({ length: 60 }, (_, i) => i + 1);
  for (const call of calls) ping(call);
  await eventually(t, 'all pings are there', () => b.frames.length === calls.length);
  t.deepEqual(
    b.frames.map(({ call }) => call),
    calls,
  );
});

test('the calls that are lost are those that the simulator loses', async (t) => {
  const { a, b, port, ping } = await sky(t, false);
  port.conditions = { ...CALM, loss: 0.5 };
  const calls = Array.from({ length: 60 }, (_, i) => i + 1);
  const self = a.peerOf(a);
  const keys = keysOf('weather');
  const population = new Population(10, keys.ids, WHOLE);
  population.begin(population.admit(0), undefined, 0);
  const model = { loss: 0.5, links: 'dial' } as const;
  const network = new Network(population, keys, latencyOf(defaultOptions(), 1), model);
  const kept = calls.filter((call) => !network.isLost(self, call, 0));
  t.true(kept.length > 20 && kept.length < 60);
  for (const call of calls) ping(call);
  ping(1000);
  port.conditions = CALM;
  ping(1001);
  await eventually(t, 'the last ping is there', () => b.frames.some(({ call }) => call === 1001));
  t.deepEqual(
    b.frames.map(({ call }) => call).filter((call) => call < 1000),
    kept,
  );
});

test('whoever has returned is dialled anew, though a dial to it was paid for before', async (t) => {
  const { a, b, port, ping } = await sky(t, true);
  const to = a.peerOf(b);
  port.conditions = { ...CALM, split: cutBetween(a.peerOf(a), to) };
  ping(1);
  // Nothing overtakes even what is lost.
  await delay(6 * ONE_WAY_MS);
  port.conditions = { ...CALM, lives: [[to, 2]] };
  const from = performance.now();
  ping(2);
  await eventually(t, 'the ping is there', () => b.frames.length === 1);
  t.true(performance.now() - from >= 5 * ONE_WAY_MS - 1);
});

test('nobody is reached or introduced beyond a cut, everybody again when it heals', async (t) => {
  const { a, b, port, ping } = await sky(t, false);
  const [self, other] = [a.peerOf(a), a.peerOf(b)];
  port.conditions = { ...CALM, split: cutBetween(self, other) };
  ping(1);
  t.is(await port.introduce([b.listen]), undefined);
  port.conditions = CALM;
  ping(2);
  t.is(await port.introduce([b.listen]), other);
  await eventually(t, 'a ping is there', () => b.frames.length > 0);
  t.deepEqual(
    b.frames.map(({ call }) => call),
    [2],
  );
});
