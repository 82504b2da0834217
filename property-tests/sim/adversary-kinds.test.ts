/**
 * What hostile nodes do, kind by kind, as others see it: each does what it is said to do and no
 * more; and whatever they serve, a GET returns nothing that was never PUT, and no replica of a node
 * goes back to an older version.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import { isForged } from '../../sim/adversary.ts';
import type { SimOptions } from '../../sim/options.ts';
import { LISTED_MAX } from '../../src/limits.ts';
import { compareBits, compareDistance, positionOf } from '../../src/position.ts';
import { compareVersions, durableHeld } from '../../src/state/store.ts';
import type { Key, Peer, Position, RecordHeader } from '../../src/types.ts';
import { law } from '../harness.ts';
import { network, optionsOf, PUTS, work } from './adversary-arbitrary.ts';
import { SeenRun, type Seen } from './seen-run.ts';
import { smallOptions } from './sim-kit.ts';

/** A request as it came to a hostile node, and who was online then. */
interface Asked extends Seen {
  readonly online: readonly Peer[];
}

/** Runs to the end; shows each answer of a hostile node with what it answers. */
function answersOf(
  options: SimOptions,
  show: (run: SeenRun, request: Asked, answer: Seen) => void,
): SeenRun {
  const requests = new Map<string, Asked>();
  const run = new SeenRun(options, (seen) => {
    const { from, to, message } = seen;
    if (message.type === 'request') {
      if (run.isHostile(to)) {
        requests.set(`${from}/${to}/${message.call}`, { ...seen, online: run.online() });
      }
    } else if (run.isHostile(from)) {
      const request = requests.get(`${to}/${from}/${message.call}`);
      if (request !== undefined) show(run, request, seen);
    }
  });
  run.toEnd(100_000);
  return run;
}

law('drop: acknowledges stores and keeps nothing, names nobody', [network], 6, (drawn) => {
  let stores = 0;
  const run = answersOf(optionsOf(drawn, 'drop'), ({ world }, { message: asked }, answer) => {
    const { body } = answer.message;
    assert.equal(world.population.states[answer.from]?.store.size, 0);
    if (asked.body.type === 'store') {
      assert.equal(body.type, 'ok');
      stores++;
    } else if (asked.body.type === 'ping') {
      assert.equal(body.type, 'ok');
    } else if (asked.body.type === 'check') {
      assert.ok(body.type === 'sum' && body.sum.count === 0);
    } else if (asked.body.type === 'compare') {
      assert.ok(body.type === 'tags' && body.tags.length === 0);
    } else if (asked.body.type === 'introduce') {
      assert.deepEqual(body, { type: 'introduction', introducers: undefined, peers: [] });
    } else {
      assert.deepEqual(body, { type: 'peers', peers: [] });
    }
  });
  assert.ok(stores > 0, 'some were asked to store');
  assert.equal(run.world.measures.counts.putsStored, PUTS, 'what they say is believed');
});

law('lie: names the nearest of its kind, and forges what it serves', [network], 6, (drawn) => {
  const options = optionsOf(drawn, 'lie');
  let named = 0;
  answersOf(options, (run, { from: asker, message: asked, online }, { from: liar, message }) => {
    const { population } = run.world;
    assert.equal(population.states[liar]?.store.size, 0);
    assert.ok(asker !== liar && !isForged(asked));
    if (asked.body.type === 'find-value') assert.ok(isForged(message));
    const others = online.filter((peer) => peer !== liar && run.isHostile(peer));
    if (asked.body.type === 'find-node') {
      const near = nearestOf(run, others, asked.body.target).slice(0, options.beta);
      assert.deepEqual(message.body, { type: 'peers', peers: near });
      named += near.length;
    }
  });
  assert.ok(named > 0);
});

test('a newcomer that asks a hostile introducer is told of nobody, or of its kind', (t) => {
  for (const kind of ['drop', 'lie'] as const) {
    const introducers = { introducers: 2, hostileIntroducers: 1 };
    const adversaries = { share: 0.3, kind };
    const options = { ...smallOptions, ...work, tables: 'joined', ...introducers, adversaries };
    let told = 0;
    answersOf(options as SimOptions, (run, { from: asker, message, online }, answer) => {
      if (message.body.type !== 'introduce') return;
      const { from: liar, message: said } = answer;
      const others = online.filter((peer) => ![liar, asker].includes(peer) && run.isHostile(peer));
      const own = positionOf(run.world.population.directory, asker);
      const peers = kind === 'drop' ? [] : nearestOf(run, others, own).slice(0, LISTED_MAX);
      assert.deepEqual(said.body, { type: 'introduction', introducers: undefined, peers });
      told += 1;
    });
    t.true(told > 10, `${told} ${kind}`);
  }
});

function nearestOf(run: SeenRun, peers: readonly Peer[], target: Position): readonly Peer[] {
  const { directory } = run.world.population;
  return peers.toSorted((a, b) => compareDistance(directory, target, a, b));
}

test('no GET returns what was never PUT, with liars and on the wire', (t) => {
  const options = { ...smallOptions, ...work, nodes: 40, gets: 400, puts: 20 };
  let forgeries = 0;
  let found = 0;
  for (const [i, wire] of [false, false, true].entries()) {
    const seed = `liars ${i}`;
    const adversaries = { share: 0.3, kind: 'lie' } as const;
    const run = new SeenRun({ ...options, adversaries, wire, seed }, ({ message }) => {
      if (isForged(message)) forgeries++;
    });
    run.toEnd(100_000);
    for (const { outcome } of run.outcomes) {
      if (outcome.type !== 'found') continue;
      found++;
      const { record } = outcome;
      t.true(run.signed.some((own) => isSame(own, record)));
    }
  }
  t.true(forgeries > 100, `${forgeries} forged records arrived`);
  t.true(found > 800, `${found} were found all the same`);
});

function isSame(a: RecordHeader, b: RecordHeader): boolean {
  return compareBits(a.key.raw, b.key.raw) === 0 && compareVersions(a, b) === 0;
}

/** How often each key is written anew. */
const VERSIONS = 5;

law(
  'stale: keeps its first version and acknowledges others; no replica ever goes back',
  [network],
  4,
  (drawn) => {
    // So many that some keys are held by some of them for sure.
    const given = { ...optionsOf({ ...drawn, share: 0.3 }, 'stale'), replication: 8 };
    const newest = new Map<string, RecordHeader>();
    let kept = 0;
    let moved = 0;
    const run = new SeenRun({ ...given, durationMs: 600_000, gets: 0, lookups: 0, puts: 3 });
    const { world, signed } = run;
    const keys = [0, 1, 2].map((put) => world.values.key(put));
    const look = (): void => {
      world.population.states.forEach((state, peer) => {
        if (state === undefined) return;
        for (const key of keys) {
          const held = durableHeld(state.store, key, world.nowMs)?.header;
          const before = newest.get(`${peer}/${keys.indexOf(key)}`);
          if (held === undefined) assert.equal(before, undefined, 'a replica does not go');
          else newest.set(`${peer}/${keys.indexOf(key)}`, held);
          if (held === undefined || before === undefined) continue;
          const order = compareVersions(held, before);
          assert.ok(order >= 0, 'a replica does not go back');
          if (run.isHostile(peer)) assert.equal(order, 0, 'the first version stays');
          if (run.isHostile(peer)) kept++;
          else if (order > 0) moved++;
        }
      });
    };
    while (run.measureFrom === Infinity) run.advance();
    run.until(100_000);
    const askers = run.online().filter((peer) => !run.isHostile(peer));
    keys.forEach((key, i) => {
      for (let version = 0; version < VERSIONS; version++) {
        const asker = askers[(i + 3 * version) % askers.length] ?? 0;
        const outcome = writeAnew(run, asker, key, look);
        assert.equal(outcome, 'stored', 'what they say is believed');
      }
    });
    assert.ok(moved > 0 && kept > 0, 'both were seen');
    assert.ok(signed.length >= 3 * VERSIONS);
  },
);

/** Writes under a key and looks at all replicas after each event. */
function writeAnew(run: SeenRun, asker: Peer, key: Key, look: () => void): string {
  const { replication } = run.options;
  const before = run.outcomes.length;
  const command = { type: 'put', key, size: 10, replication, ttlS: 86_400 } as const;
  run.world.step(asker, { type: 'command', op: 1_000_000 + before, command });
  while (run.outcomes.length === before && run.advance()) look();
  run.until(run.ms + 2000);
  look();
  return run.outcomes.at(-1)?.outcome.type ?? '';
}

test('flood: a hundred well-formed requests a second from each, and no more', (t) => {
  const nodes = 50;
  const seconds = 20;
  const sent = new Map<Peer, number>();
  const adversaries = { share: 0.1, kind: 'flood' } as const;
  const options = { ...smallOptions, nodes, adversaries, durationMs: 1000 * (seconds + 5) };
  const latency = { type: 'constant', ms: 20 } as const;
  const run = new SeenRun({ ...options, latency, links: 'warm' }, ({ from, message }) => {
    const isOwn = message.call < 0x40000000;
    if (isOwn || message.type !== 'request' || run.ms < 2000 || run.ms >= 2000 + 1000 * seconds)
      return;
    t.is(message.body.type, 'find-node');
    sent.set(from, (sent.get(from) ?? 0) + 1);
  });
  run.toEnd(100_000);
  t.deepEqual(
    [...sent.keys()].sort((a, b) => a - b),
    run.online().filter((peer) => run.isHostile(peer)),
  );
  // One in fifty draws is the flooding node itself, which sends itself nothing; four deviations.
  const expected = 100 * seconds * (1 - 1 / nodes);
  for (const count of sent.values()) {
    t.true(count <= 100 * seconds && Math.abs(count - expected) < 4 * Math.sqrt(expected / nodes));
  }
  // Each is answered: together they are nearly all of the traffic.
  const { measures } = run.world;
  const all = measures.sent['find-node'] / (seconds + 5);
  t.true(Math.abs(all / (5 * 100 * (1 - 1 / nodes)) - 1) < 0.05, `${all} a second`);
  t.true(measures.sent.peers > 0.99 * measures.sent['find-node']);
});
