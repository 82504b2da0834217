// Parity: what the core did inside real nodes over TLS, it does again alone from the log of its
// inputs: the same effects, step by step. Nothing in a node steers it but moments and inputs.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { create, step } from '../../src/step.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import type { Config, Kept, Moment, Peer } from '../../src/types.ts';
import { newKey, networkOf, newSite, valueOf } from './node-kit.ts';

interface Log {
  created: readonly [Peer, Config, Moment, Kept] | undefined;
  readonly steps: { moment: Moment; input: Input; effects: readonly Effect[] }[];
}

test('the logs of five real nodes, fed to the core alone, give the same effects', async (t) => {
  const logs: Log[] = Array.from({ length: 5 }, () => ({ created: undefined, steps: [] }));
  const nodes = await networkOf(t, await newSite(t), 5, (index) => ({
    onCreate: (...created) => {
      const log = logs[index];
      if (log !== undefined) log.created = created;
    },
    onStep: (moment, input, effects) => logs[index]?.steps.push({ moment, input, effects }),
  }));
  const keys = Array.from({ length: 20 }, newKey);
  for (const [index, key] of keys.entries()) {
    const result = await nodes[index % 5]?.put(key, valueOf(1 + index * 50), { replication: 3 });
    t.is(result?.status, 'good');
  }
  await Promise.all(keys.map(async (key, index) => await nodes[(index + 2) % 5]?.get(key)));
  await nodes[1]?.get(newKey());
  await nodes[4]?.close();
  await delay(300);
  await Promise.all(nodes.map((node) => node.close()));

  const kinds = new Set<string>();
  for (const [index, { created, steps }] of logs.entries()) {
    const directory = nodes[index]?.directory;
    if (created === undefined || directory === undefined) return t.fail('a node left no log');
    t.true(steps.length > 50);
    let state = create(...created);
    for (const [at, { moment, input, effects }] of steps.entries()) {
      const again = step(state, moment, input, directory);
      t.deepEqual(again.effects, effects, `node ${index}, step ${at}: ${input.type}`);
      state = again.state;
      kinds.add(input.type);
      for (const effect of effects) kinds.add(effect.type);
    }
  }
  for (const kind of ['command', 'message', 'persisted', 'signed', 'introduced', 'wake']) {
    t.true(kinds.has(kind), `no ${kind} in any log`);
  }
  for (const kind of ['send', 'settle', 'persist', 'sign', 'introduce', 'note']) {
    t.true(kinds.has(kind), `no ${kind} in any log`);
  }
});
