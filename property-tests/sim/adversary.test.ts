/**
 * Hostile nodes in small random networks: a run with them ends, and is the same each time and in
 * any number of threads; exactly the asked share is hostile, and none of these is eligible. What
 * each kind does is in `adversary-kinds.test.ts`.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runApart } from '../../sim/edge/apart.ts';
import { simulateWhole } from '../../sim/main.ts';
import { defaultOptions, type AdversaryKind, type SimOptions } from '../../sim/options.ts';
import { Roles } from '../../sim/roles.ts';
import { asyncLaw, law } from '../harness.ts';
import { GETS, LOOKUPS, network, optionsOf, PUTS } from './adversary-arbitrary.ts';
import { SeenRun } from './seen-run.ts';
import { withoutCosts } from './sim-kit.ts';

const KINDS: readonly AdversaryKind[] = ['drop', 'lie', 'stale', 'flood'];
const returning = { type: 'exponential', meanOnMs: 30_000, meanOffMs: 10_000 } as const;

for (const kind of KINDS) {
  asyncLaw(
    `${kind}: a run ends, and is the same each time and in two threads`,
    [network, fc.boolean()],
    1,
    async (drawn, churns) => {
      const given = optionsOf(drawn, kind);
      const options: SimOptions = churns ? { ...given, churn: returning, disk: 'keep' } : given;
      const once = withoutCosts(simulateWhole(options, 'test', { rows: true }));
      const { lookups, values, skipped } = once.result;
      assert.equal(values.wrong, 0);
      const all = lookups.count + values.puts + values.gets + skipped;
      const items = LOOKUPS + PUTS + GETS;
      assert.ok(churns ? all <= items && all > items / 2 : all === items, `${all} items`);
      assert.deepEqual(withoutCosts(simulateWhole(options, 'test', { rows: true })), once);
      const divided = await runApart({ ...options, workers: 2 }, 'test', { rows: true });
      assert.deepEqual(withoutCosts(divided), once);
    },
  );
}

law(
  'exactly the asked share is hostile, to the nearest whole node, and as many are silent',
  [fc.integer({ min: 1, max: 400 }), fc.nat({ max: 50 }), fc.nat({ max: 49 }), fc.integer()],
  200,
  (nodes, hostile, silent, key) => {
    const roles = new Roles(
      defaultOptions({
        nodes,
        silent: silent / 100,
        adversaries: { share: hostile / 100, kind: 'drop' },
      }),
      key,
    );
    const slots = Array.from({ length: nodes + 10 }, (_, slot) => slot);
    const counts = [
      slots.filter((slot) => roles.isHostile(slot)).length - (nodes * hostile) / 100,
      slots.filter((slot) => roles.isSilent(slot)).length - (nodes * silent) / 100,
    ];
    for (const rest of counts) assert.ok(Math.abs(rest) <= 0.5 + 1e-9, String(rest));
    for (const slot of slots) {
      const is = [roles.isHostile(slot), roles.isSilent(slot), roles.isSound(slot)];
      assert.equal(is.filter(Boolean).length, 1, 'one of the three');
      assert.ok(slot < nodes || roles.isSound(slot), 'nodes of join storms are sound');
    }
  },
);

law(
  'hostile nodes are not eligible: they are not asked, looked up, or counted',
  [network, fc.constantFrom(...KINDS)],
  8,
  (drawn, kind) => {
    const run = new SeenRun(optionsOf(drawn, kind));
    run.toEnd(100_000);
    assert.equal(run.begun.size, LOOKUPS + PUTS + GETS);
    for (const { asker, targetPeer } of run.begun.values()) {
      assert.ok(!run.isHostile(asker), 'asks');
      assert.ok(targetPeer < 0 || !run.isHostile(targetPeer), 'is looked up');
    }
    const { eligible } = run.oracle;
    const hostile = Math.round(drawn.share * drawn.nodes);
    assert.equal(eligible.size, drawn.nodes - hostile);
    for (let rank = 0; rank < eligible.size; rank++) assert.ok(!run.isHostile(eligible.at(rank)));
  },
);
