/**
 * The laws of the step function, on generated logs of everything that can happen to a node: hosts'
 * commands, peers that help, lie, repeat themselves or say nothing, disks that fail, time that
 * jumps. The laws themselves are in `core-driver.ts` and `src/invariants/invariants.ts`.
 */
import assert from 'node:assert/strict';
import { JOIN_MS_MAX } from '../../src/limits.ts';
import { law } from '../harness.ts';
import { actions, directoryOf, smallConfig, smallWorld } from './core-arbitraries.ts';
import { StrictNode } from './core-driver.ts';
import { Log } from './core-log.ts';

law(
  'whatever happens, each step keeps the laws and each command settles once in time',
  [smallWorld(12), smallConfig(), actions(120)],
  400,
  (positions, config, log) => {
    const node = new StrictNode(directoryOf(positions), config);
    const player = new Log(node, positions.length);
    for (const action of log) player.play(action);
    node.pass(JOIN_MS_MAX + 2);
    assert.equal(node.unsettled, 0);
  },
);
