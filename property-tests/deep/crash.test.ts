// kill -9 of real nodes while they write, 50 times; `npm run test:deep -- crash` does it for long.
import { randomInt } from 'node:crypto';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { crash, crashLine } from './crash.ts';
import type { CrashPlan } from './crash.ts';
import { deadline } from './ending.ts';

test.serial('what a lone node acknowledged is on its disk after a kill -9', async (t) => {
  await holds(t, { seed: newSeed(), nodes: 1, cycles: 40, lanes: 2 });
});

test.serial('what three nodes acknowledged is found after a kill -9 of one', async (t) => {
  await holds(t, { seed: newSeed(), nodes: 3, cycles: 10, lanes: 1 });
});

async function holds(t: ExecutionContext, plan: CrashPlan): Promise<void> {
  t.timeout(300_000);
  t.log(`seed ${plan.seed}`);
  const report = await crash(plan, deadline(280_000));
  t.log(crashLine(report));
  t.deepEqual(report.faults, []);
  t.is(report.cycles, plan.cycles);
  t.true(report.acknowledged > 0 && report.unknown > 0);
}

function newSeed(): string {
  return String(randomInt(2 ** 32));
}
