/**
 * A simulation divided among threads is the undivided one: same digest, same measures, same rows,
 * whatever happens in it. And the mailbox between the parts loses and reorders nothing.
 */
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { runApart } from '../../sim/edge/apart.ts';
import { sharedFor } from '../../sim/edge/divided/mailbox.ts';
import { simulateWhole, type SimOutput } from '../../sim/main.ts';
import { asyncLaw } from '../harness.ts';
import type { BoxTask } from './mailbox-child.ts';
import { anyScenario } from './scenario-arbitrary.ts';
import { smallOptions, withoutCosts } from './sim-kit.ts';

asyncLaw('the number of threads changes nothing', [anyScenario], 6, async (options) => {
  const whole = withoutCosts(simulateWhole(options, 'test', { rows: true }));
  for (const workers of [2, 3]) {
    const divided = await runApart({ ...options, workers }, 'test', { rows: true });
    assert.deepEqual(withoutCosts(divided), whole, `${workers} threads`);
  }
});

test('a thread that is told to stop ends, and so do the others', async (t) => {
  const options = { ...smallOptions, nodes: 50, durationMs: 864_000_000, workers: 3 };
  let calls = 0;
  const output: Promise<SimOutput> = runApart(options, 'test', {
    onProgress: () => ++calls > 1,
  });
  await t.throwsAsync(output, { message: 'stopped before its end' });
});

test('batches of any length reach every other part, whole and in order', async (t) => {
  const parts = 3;
  const shared = sharedFor(parts);
  const sums = await Promise.all(
    Array.from({ length: parts }, (_, part) => {
      const task: BoxTask = { shared, part, parts, rounds: 40, longest: 200_000 };
      const worker = new Worker(new URL('./mailbox-child.js', import.meta.url), {
        workerData: task,
      });
      return new Promise<number>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  // Each part checked every batch word by word, and got 40 of each of the two others.
  t.deepEqual(sums, [80, 80, 80]);
});
