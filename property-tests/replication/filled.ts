/**
 * A fleet that has found itself and holds the first few keys, each stored by another node.
 */
import assert from 'node:assert/strict';
import type { Config } from '../../src/types.ts';
import { Fleet } from './fleet.ts';

export const KEYS = 12;

export function filled(
  number: number,
  replication: number,
  size = 14,
  config: Partial<Config> = {},
): Fleet {
  const fleet = Fleet.joined({ size, seed: number, config: { ...config, replication } });
  for (let at = 0; at < KEYS; at++) fleet.put(at % size, at);
  fleet.run(2000);
  for (const outcome of fleet.watch.outcomes.values()) {
    assert.ok(outcome.type === 'joined' || outcome.type === 'stored', outcome.type);
  }
  return fleet;
}
