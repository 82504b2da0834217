// What first contacts cost: a dial of two round trips for whoever begins, with `dial-back` another
// one for whoever was called and then asks, and nothing for answers.
import test from 'ava';
import { latencyOf } from '../../sim/latency/latency.ts';
import { Network } from '../../sim/network.ts';
import { defaultOptions, type LinksModel } from '../../sim/options.ts';
import { Population, WHOLE } from '../../sim/population.ts';
import { keysOf } from '../../sim/streams.ts';

const ONE_WAY = 10_000;
const WITH_DIAL = 5 * ONE_WAY;

/** How long each message takes, in microseconds: request of 0, answer of 1, requests of 1, of 0. */
function tookIn(links: LinksModel): readonly number[] {
  const keys = keysOf('network');
  const population = new Population(2, keys.ids, WHOLE);
  for (const slot of [0, 1]) population.begin(population.admit(slot), undefined, 0);
  const options = defaultOptions({ latency: { type: 'constant', ms: ONE_WAY / 1000 } });
  const network = new Network(population, keys, latencyOf(options, keys.places), {
    loss: 0,
    links,
  });
  const send = (from: number, to: number, isRequest: boolean): number => {
    const at = network.arrival(from, to, 1, isRequest);
    const took = at - network.now;
    network.now = at;
    network.onArrival(from, to);
    return took;
  };
  return [
    send(0, 1, true),
    send(1, 0, false),
    send(1, 0, true),
    send(1, 0, true),
    send(0, 1, true),
  ];
}

test('who begins pays for a dial, who asks back as well where the model says so', (t) => {
  t.deepEqual(tookIn('warm'), [ONE_WAY, ONE_WAY, ONE_WAY, ONE_WAY, ONE_WAY]);
  t.deepEqual(tookIn('dial'), [WITH_DIAL, ONE_WAY, ONE_WAY, ONE_WAY, ONE_WAY]);
  t.deepEqual(tookIn('dial-back'), [WITH_DIAL, ONE_WAY, WITH_DIAL, ONE_WAY, ONE_WAY]);
});
