/**
 * Laws of quotas on one node, in any order of stores, expiries and writes that end well or badly:
 * usage is the sum over the store, what would go over is refused as full, and nothing that was
 * acknowledged is thrown out for it (S15). A restart forgets nobody's share.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defaultConfig } from '../../src/config.ts';
import { checkNode } from '../../src/invariants/invariants.ts';
import { allItems } from '../../src/paged.ts';
import { compareBits, idOf } from '../../src/position.ts';
import { durable } from '../../src/state/store.ts';
import type { Input } from '../../src/step-types.ts';
import { create, step, type NodeState } from '../../src/step.ts';
import type { Config, Moment, Quota, RecordHeader } from '../../src/types.ts';
import { plain } from '../core/arbitraries.ts';
import { directoryOf, short, smallKey } from '../core/core-arbitraries.ts';
import { law } from '../harness.ts';

interface Deed {
  readonly type: 'store' | 'good' | 'bad' | 'pass' | 'restart';
  readonly from: number;
  readonly key: number;
  readonly version: number;
  readonly publisher: number;
  readonly size: number;
  readonly lifeMs: number;
}

const SENDERS = 3;
const peers = directoryOf(['8', '81', '42', 'c7'].map(short));

const quota = (least: number): fc.Arbitrary<Quota> =>
  plain({
    keys: fc.integer({ min: least, max: 10 }),
    bytes: fc.integer({ min: 100 * least, max: 800 }),
  });

const config = (): fc.Arbitrary<Config> =>
  plain<Pick<Config, 'quota' | 'publisherQuota' | 'peerQuota'>>({
    quota: quota(1),
    publisherQuota: quota(1),
    peerQuota: quota(0),
  }).map((quotas) => ({ ...defaultConfig, ...quotas }));

const deeds = (): fc.Arbitrary<Deed[]> =>
  fc.array(
    plain<Deed>({
      type: fc.constantFrom('store', 'store', 'store', 'good', 'good', 'bad', 'pass', 'restart'),
      from: fc.integer({ min: 1, max: SENDERS }),
      key: fc.nat({ max: 12 }),
      version: fc.integer({ min: 1, max: 5 }),
      publisher: fc.nat({ max: 2 }),
      size: fc.integer({ min: 1, max: 120 }),
      lifeMs: fc.constantFrom(500, 5000, 1_000_000),
    }),
    { maxLength: 80, size: 'max' },
  );

const recordOf = ({ key, version, publisher, size, lifeMs }: Deed): RecordHeader => ({
  key: smallKey(key),
  version,
  publisher: { b0: 0, b1: 0, b2: 0, b3: 0, b4: 0, b5: 0, b6: 0, b7: publisher },
  size,
  replication: 3,
  ttlS: 3600,
  publishedAtMs: 0,
  lifeMs,
});

law(
  'usage is within quota, and what was acknowledged stays',
  [config(), deeds()],
  250,
  (set, all) => {
    const moment = { now: 0, wall: 1_700_000_000_000, entropy: 1 };
    let state = create(0, set, moment, { records: [], peers: [] });
    const writing: number[] = [];
    let calls = 0;
    for (const deed of all) {
      const before = state;
      if (deed.type === 'restart') {
        state = restarted(state, set, moment);
        writing.length = 0;
        assert.deepEqual(checkNode(state, peers), []);
        assertWithin(state);
        continue;
      }
      if (deed.type === 'pass') moment.now += 700;
      const ended = writing.splice(0, deed.type === 'good' || deed.type === 'bad' ? 1 : 0);
      const [token = 0] = ended;
      const inputs: Record<Exclude<Deed['type'], 'restart'>, Input> = {
        store: {
          type: 'message',
          from: deed.from,
          message: {
            type: 'request',
            call: ++calls,
            body: { type: 'store', record: recordOf(deed) },
          },
        },
        good: { type: 'persisted', token, ok: true },
        bad: { type: 'persisted', token, ok: false },
        pass: { type: 'wake' },
      };
      const next = step(state, moment, inputs[deed.type], peers);
      state = next.state;
      for (const effect of next.effects) {
        if (effect.type !== 'persist') continue;
        if (effect.writes.some(({ type }) => type === 'put')) writing.push(effect.token);
      }
      assert.deepEqual(checkNode(state, peers), []);
      assertWithin(state);
      assertKept(before, state, moment.now);
    }
  },
);

/** The node's next life, with what it had on its disk. */
function restarted(before: NodeState, set: Config, moment: Moment): NodeState {
  const kept = allItems(before.store).flatMap((held) => {
    const stored = durable(held, moment.now);
    if (stored === undefined) return [];
    const { header, expiresAt, from } = stored;
    const lifeMs = expiresAt - moment.now;
    return [{ header: { ...header, lifeMs }, storedAtMs: moment.wall, from }];
  });
  const after = create(0, set, moment, { records: kept, peers: [] });
  const senders = allItems(after.store).map(({ header, from }) => [header.key, from]);
  assert.deepEqual(
    senders,
    kept.map(({ header, from }) => [header.key, from]),
  );
  assert.ok(kept.every(({ from }) => from !== undefined));
  return after;
}

function assertWithin({ store, config: set }: NodeState): void {
  const held = allItems(store).map(({ header, from }) => ({ ...header, from }));
  const within = (some: readonly { readonly size: number }[], { keys, bytes }: Quota): boolean =>
    some.length <= keys && some.reduce((sum, { size }) => sum + size, 0) <= bytes;
  assert.ok(within(held, set.quota), 'the quota of the node');
  for (let who = 0; who <= SENDERS; who++) {
    const published = held.filter(({ publisher }) => publisher.b7 === who);
    assert.ok(within(published, set.publisherQuota), 'the quota of a publisher');
    assert.ok(
      within(
        held.filter(({ from }) => from !== undefined && compareBits(from, idOf(peers, who)) === 0),
        set.peerQuota,
      ),
    );
  }
}

/** What is on disk and alive goes for a newer version only. */
function assertKept(before: NodeState, after: NodeState, now: number): void {
  const left = allItems(after.store);
  for (const { header, token, expiresAt } of allItems(before.store)) {
    if (token !== 0 || expiresAt <= now) continue;
    const there = left.find((held) => held.header.key.raw.b7 === header.key.raw.b7);
    assert.ok(there !== undefined && there.header.version >= header.version, 'evicted');
  }
}
