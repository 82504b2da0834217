/**
 * Where peers are (S3): whatever happens to a node whose peers are spread over few subnets, each
 * step keeps the limits, and nobody who cannot be called becomes a contact or a holder. The laws of
 * every step hold as well (`core-driver.ts`, `src/invariants/invariants.ts`).
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { defaultConfig } from '../../src/config.ts';
import { CLIENT_ONLY, NOWHERE, placeFaults } from '../../src/table/places.ts';
import { emptyTable, withContact } from '../../src/table/table.ts';
import { law } from '../harness.ts';
import { actions, directoryOf, short, smallConfig, smallWorld } from './core-arbitraries.ts';
import { smallKey } from './core-arbitraries.ts';
import { StrictNode } from './core-driver.ts';
import { Log, request } from './core-log.ts';
import { contacts, meet, questions } from './core-talk.ts';

const place = (): fc.Arbitrary<number> => fc.constantFrom(NOWHERE, CLIENT_ONLY, 7, 7, -9);
const places = (): fc.Arbitrary<readonly number[]> =>
  fc.array(place(), { minLength: 25, maxLength: 25 });
const limit = (): fc.Arbitrary<number> => fc.constantFrom(0, 1, 2, 3);

law(
  'whatever happens, subnets keep their limits and clients stay out',
  [smallWorld(12), smallConfig(), fc.tuple(places(), limit(), limit()), actions(80)],
  200,
  (positions, config, [drawn, subnetPerBucket, subnetPerTable], log) => {
    const directory = directoryOf(positions, drawn);
    const node = new StrictNode(directory, { ...config, subnetPerBucket, subnetPerTable });
    const player = new Log(node, positions.length);
    for (const action of log) {
      player.play(action);
      const clients = contacts(node).filter((peer) => drawn[peer] === CLIENT_ONLY);
      assert.deepEqual(clients, []);
    }
  },
);

test('the third of a subnet is not called back, and goes when another leaves room for it', (t) => {
  const ring = ['0', '8', '9', 'a', 'b'].map(short);
  const node = new StrictNode(directoryOf(ring, [NOWHERE, 5, 5, 5, 6]), defaultConfig);
  meet(node, 1, 2, 3, 4);
  t.deepEqual(contacts(node), [1, 2, 4]);
  t.deepEqual(questions(node.step(request(3, 9, { type: 'ping' }))), []);
  node.step(request(1, 10, { type: 'leave' }));
  meet(node, 3);
  t.deepEqual(contacts(node), [2, 3, 4]);
});

test('of a subnet ten fill the table, whatever their buckets', (t) => {
  const ring = Array.from({ length: 41 }, (_, bit) => short(bitText(bit)));
  const everywhere = ring.map((_, peer) => (peer === 0 ? NOWHERE : 5));
  const node = new StrictNode(directoryOf(ring, everywhere), defaultConfig);
  meet(node, ...ring.keys());
  t.is(contacts(node).length, 10);
  const free = new StrictNode(directoryOf(ring, everywhere), {
    ...defaultConfig,
    subnetPerTable: 0,
  });
  meet(free, ...ring.keys());
  t.is(contacts(free).length, 40);
});

test('who cannot be called is answered, and neither called back nor counted as near', (t) => {
  const node = new StrictNode(
    directoryOf(['0', '8'].map(short), [NOWHERE, CLIENT_ONLY]),
    defaultConfig,
  );
  const effects = node.step(request(1, 3, { type: 'find-node', target: short('8') }));
  t.deepEqual(questions(effects), []);
  t.deepEqual(
    effects.map(({ type }) => type),
    ['send'],
  );
});

test('a node that cannot be called holds nothing itself', (t) => {
  const node = new StrictNode(directoryOf(['0', '8'].map(short), [CLIENT_ONLY]), defaultConfig);
  meet(node, 1);
  t.deepEqual(contacts(node), [1]);
  node.command(1, { type: 'put', key: smallKey(0), size: 9, ttlS: 60, replication: 2 });
  const asked = node.step(request(1, 4, { type: 'store', record: storedRecord }));
  t.deepEqual(
    asked.map((effect) => effect.type),
    ['send'],
  );
  t.is(node.state.store.size, 0);
});

test('the rule fires: a table with three of a subnet, and with a client', (t) => {
  const directory = directoryOf(['0', '8', '9', 'a'].map(short), [NOWHERE, 5, 5, CLIENT_ONLY]);
  let table = emptyTable;
  for (const peer of [1, 2, 3]) table = withContact(table, 0, peer, 0);
  t.is(placeFaults(table, 0, directory, { subnetPerBucket: 1, subnetPerTable: 1 }).length, 3);
  t.is(placeFaults(table, 0, directory, { subnetPerBucket: 0, subnetPerTable: 0 }).length, 1);
});

const storedRecord = {
  key: smallKey(0),
  version: 1,
  publisher: smallKey(1).raw,
  size: 9,
  replication: 2,
  ttlS: 60,
  publishedAtMs: 0,
  lifeMs: 60_000,
};

/** A position of its own bucket: the bit after so many zeros. */
function bitText(bit: number): string {
  return bit === 0 ? '0' : (1n << BigInt(160 - bit)).toString(16).padStart(40, '0');
}
