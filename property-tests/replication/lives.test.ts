/**
 * Whoever sends a record again and again with the largest remaining life does not keep it alive:
 * not while it lives, and not longer than clocks may differ once it is dead (S13). Nor does a
 * publisher that signs a longer life than the network grants.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { admit, type Edge } from '../../host/admit.ts';
import { PeerDirectory } from '../../host/directory.ts';
import { defaultConfig } from '../../src/config.ts';
import { CLOCK_ALLOWANCE_MS, ID_WORDS, LIFE_MS_MAX, TTL_S_MAX } from '../../src/limits.ts';
import { allItems } from '../../src/paged.ts';
import { create, step } from '../../src/step.ts';
import type { Input } from '../../src/step-types.ts';
import type { WireRecord } from '../../src/wire-types.ts';
import { law } from '../harness.ts';

const WALL_MS = 1_700_000_000_000;
const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

/** What a real node does with signatures and addresses is beside the point here. */
function edge(directory: PeerDirectory, ttlSMax: number): Edge {
  return {
    directory,
    hopsMax: 0,
    ttlSMax,
    hash: (data) => bytes(32, data[0] ?? 0),
    verify: () => 'good',
    addressesOf: () => [],
    learn: () => undefined,
    envelopeOf: () => undefined,
    keep: () => undefined,
    certifies: () => true,
    signatureOf: () => undefined,
    endorses: () => false,
    keepIntroducers: () => undefined,
    introducersOf: () => undefined,
  };
}

law(
  'no re-publisher makes a record immortal',
  [
    fc.integer({ min: 1, max: 7200 }),
    fc.oneof(fc.constant(TTL_S_MAX), fc.integer({ min: 1, max: 7200 })),
    fc.array(fc.integer({ min: 1, max: 900_000 }), { minLength: 20, maxLength: 60 }),
    fc.integer({ min: -300_000, max: 300_000 }),
  ],
  200,
  (ttlS, ttlSMax, gaps, skewMs) => {
    const directory = new PeerDirectory();
    for (let peer = 0; peer < 3; peer++) {
      directory.add(Array.from({ length: ID_WORDS }, (_, word) => 7 * peer + word));
    }
    const host = edge(directory, ttlSMax);
    const value: WireRecord = {
      key: bytes(32, 9),
      version: WALL_MS,
      publishedAtMs: WALL_MS,
      ttlS,
      replication: 3,
      publisher: bytes(32, 1),
      certificate: bytes(8, 2),
      signature: bytes(64, 3),
      value: bytes(5, 4),
      lifeMs: LIFE_MS_MAX,
    };
    const moment = { now: 0, wall: WALL_MS + skewMs, entropy: 5 };
    let state = create(0, defaultConfig, moment, { records: [], peers: [] });
    const give = (input: Input): void => {
      const next = step(state, moment, input, directory);
      state = next.state;
      for (const effect of next.effects) {
        if (effect.type === 'persist') give({ type: 'persisted', token: effect.token, ok: true });
      }
    };
    let endsAt = Infinity;
    let taken = 0;
    for (const [call, ms] of gaps.entries()) {
      const body = { type: 'store', record: value } as const;
      const admitted = admit(host, { type: 'request', call, body }, moment.wall);
      if (admitted.type === 'message') {
        give({ type: 'message', from: 1 + (call % 2), message: admitted.message });
      }
      const [held] = allItems(state.store);
      if (held !== undefined) {
        taken++;
        if (moment.now < endsAt && endsAt < Infinity) assert.equal(held.expiresAt, endsAt);
        endsAt = held.expiresAt;
        const grantedMs = Math.min(ttlS, ttlSMax) * 1000;
        assert.ok(endsAt <= grantedMs + CLOCK_ALLOWANCE_MS - skewMs, 'it lives on');
      }
      moment.now += ms;
      moment.wall += ms;
      give({ type: 'wake' });
    }
    assert.ok(taken > 0);
  },
);
