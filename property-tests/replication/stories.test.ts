/**
 * Any story of a fleet keeps the laws that are watched at every step, and when its faults are over
 * the replicas are where they belong within six rounds.
 */
import assert from 'node:assert/strict';
import { law } from '../harness.ts';
import { strays, THREE_ROUNDS_MS } from './converged.ts';
import { Fleet } from './fleet.ts';
import { heal, KEYS, stories, tell } from './story.ts';

/** A life that is passed on ends later by the time of the way; in these stories ways are long. */
const SLOW_GRACE_MS = 30_000;

law(
  'whatever happens to a fleet, its replicas are where they belong six rounds later',
  [stories(['crash', 'wipe', 'start', 'start', 'leave', 'newcomer', 'slow'])],
  25,
  (story) => {
    const fleet = Fleet.joined({ size: story.size, seed: story.seed });
    fleet.watch.graceMs = SLOW_GRACE_MS;
    tell(fleet, story);
    heal(fleet);
    // Three rounds until all have the newest version, three until those it does not want let go.
    fleet.run(2 * THREE_ROUNDS_MS);
    // Who lost its disk time after time is passed over by some and not by others.
    if (fleet.watch.notes.has('fellow-shunned')) return;
    assert.deepEqual(strays(fleet, KEYS), []);
  },
);

law(
  'nobody is passed over while all keep to the rules, come and go as they may',
  [stories(['crash', 'start', 'leave', 'newcomer'], { lossShare: 0 })],
  15,
  (story) => {
    const fleet = Fleet.joined({ size: story.size, seed: story.seed });
    tell(fleet, story);
    fleet.run(THREE_ROUNDS_MS);
    assert.equal(fleet.watch.notes.get('fellow-shunned'), undefined);
  },
);
