/**
 * A simulation saved, loaded and gone on with is the one that never stopped, whenever it was saved
 * and in however many threads either half ran. With other options it is a fork, the same each time.
 * A file that is not whole is refused with what to do.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { runApart, snapshotApart } from '../../sim/edge/apart.ts';
import { loadSnapshot, saveSnapshot, SnapshotFault } from '../../sim/edge/snapshot-file.ts';
import { simulateWhole, type SimOutput } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';
import { forkFaults, type Snapshot } from '../../sim/snapshot/snapshot.ts';
import { asyncLaw, law } from '../harness.ts';
import { anyScenario } from './scenario-arbitrary.ts';
import { smallOptions, withoutCosts } from './sim-kit.ts';

const after = fc.constantFrom(0, 0, 1, 3333, 9000);

/** A snapshot taken on the way of a run; the run goes on to its end. */
function passing(options: SimOptions, afterMs: number): { output: SimOutput; taken: Snapshot[] } {
  const taken: Snapshot[] = [];
  const take = (snapshot: Snapshot): void => void taken.push(snapshot);
  const output = simulateWhole(options, 'test', { rows: true, snapshot: { afterMs, take } });
  return { output, taken };
}

law(
  'what is gone on with ends as if it had never stopped',
  [anyScenario, after],
  20,
  (options, ms) => {
    const never = withoutCosts(simulateWhole(options, 'test', { rows: true }));
    const { output, taken } = passing(options, ms);
    assert.deepEqual(withoutCosts(output), never, 'to be saved changes nothing');
    const [from] = taken;
    assert.ok(from !== undefined || ms > 0, 'only an open-ended run may be over sooner');
    if (from === undefined) return;
    assert.deepEqual(withoutCosts(simulateWhole(options, 'test', { rows: true, from })), never);
  },
);

asyncLaw(
  'the same holds across threads, and forks agree',
  [anyScenario, after],
  3,
  async (options, ms) => {
    const never = withoutCosts(simulateWhole(options, 'test', { rows: true }));
    const { taken } = passing(options, ms);
    const [whole] = taken;
    assert.ok(whole !== undefined || ms > 0);
    if (whole === undefined) return;
    const divided = await snapshotApart({ ...options, workers: 2 }, 'test', ms, {});
    assert.equal(divided.digest, whole.digest);
    const three = await runApart({ ...options, workers: 3 }, 'test', { rows: true, from: divided });
    assert.deepEqual(withoutCosts(three), never);
    const other = { ...options, seed: 'another', loss: 0.1 };
    const forks = [
      simulateWhole(other, 'test', { rows: true, from: whole }),
      await runApart({ ...other, workers: 2 }, 'test', { rows: true, from: divided }),
    ].map(withoutCosts);
    assert.deepEqual(forks[1], forks[0]);
    assert.equal(forks[0]?.result.from?.digest, whole.digest);
  },
);

const options: SimOptions = { ...smallOptions, lookups: 50, warmupMs: 5000, durationMs: 10_000 };

test('a fork is measured anew, under its own options', (t) => {
  const [from] = passing(options, 0).taken;
  if (from === undefined) return t.fail('no snapshot was taken');
  const lossy = simulateWhole({ ...options, loss: 0.5 }, 'test', { from }).result;
  t.is(lossy.lookups.count, 50);
  t.is(lossy.from?.afterMs, 0);
  t.true(lossy.simulatedMs >= 15_000);
  const plain = simulateWhole(options, 'test').result;
  t.true((lossy.lookups.latencyMs.mean ?? 0) > 2 * (plain.lookups.latencyMs.mean ?? 0));
  const again = simulateWhole({ ...options, loss: 0.5 }, 'test', { from }).result;
  t.is(again.digest, lossy.digest);
  t.not(simulateWhole({ ...options, loss: 0.5 }, 'test').result.digest, lossy.digest);
});

test('who floods in a fork floods no more for having flooded before', (t) => {
  const floods = { ...options, adversaries: { share: 0.2, kind: 'flood' } } as const;
  const sent = [options, floods].map((before) => {
    const [from] = passing(before, 0).taken;
    if (from === undefined) return t.fail('no snapshot was taken');
    const { traffic } = simulateWhole({ ...floods, loss: 0.01 }, 'test', { from }).result;
    return traffic.byKind['find-node'] ?? 0;
  });
  const [calm = 0, wild = 0] = sent;
  t.true(calm > 1 && wild < 1.2 * calm, `${calm} and ${wild}`);
});

test('what a network has grown up with stays', (t) => {
  const [from] = passing(options, 0).taken;
  if (from === undefined) return t.fail('no snapshot was taken');
  t.deepEqual(forkFaults(from, { ...options, loss: 0.5, seed: '2' }), []);
  t.deepEqual(forkFaults(from, { ...options, k: 8, nodes: 31 }), [
    '--nodes 31: the snapshot was made with 30, which a fork cannot change',
    '--k 8: the snapshot was made with 20, which a fork cannot change',
  ]);
});

test('a file is the snapshot again; what is damaged is refused', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'orrery-snapshot-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const [from] = passing(options, 0).taken;
  if (from === undefined) return t.fail('no snapshot was taken');
  const path = join(dir, 'warm.snapshot');
  await saveSnapshot(path, '1.2.3', from);
  t.deepEqual(await loadSnapshot(path, '1.2.3'), from);
  const refusal = async (file: string, version: string): Promise<string> => {
    const error = await t.throwsAsync(loadSnapshot(file, version), { instanceOf: SnapshotFault });
    return error.message.replaceAll(dir, '');
  };
  t.regex(await refusal(path, '1.2.4'), /was made by version 1\.2\.3 of orrery, this is 1\.2\.4/);
  t.regex(await refusal(join(dir, 'none'), '1.2.3'), /cannot be read: ENOENT/);
  const bytes = await readFile(path);
  await writeFile(path, bytes.with(bytes.length - 100, (bytes.at(-100) ?? 0) ^ 4));
  t.regex(await refusal(path, '1.2.3'), /is damaged \(its SHA-256 differs\): make it again/);
  await truncate(path, bytes.length - 4);
  t.regex(await refusal(path, '1.2.3'), /bytes, \d+ were written: make it again/);
  await truncate(path, 10);
  t.regex(await refusal(path, '1.2.3'), /is no snapshot of orrery sim/);
  await writeFile(path, '{"kind":"something else"}\n');
  t.regex(await refusal(path, '1.2.3'), /is no snapshot of orrery sim/);
});
