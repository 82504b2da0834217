// SIGTERM under load, a few times; `npm run test:deep -- drain` does it for long.
import { randomInt } from 'node:crypto';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { drain, drainLine } from './drain.ts';
import type { DrainPlan } from './drain.ts';
import { deadline } from './ending.ts';

test.serial('nodes that stop one after another lose nothing that was acknowledged', async (t) => {
  await holds(t, { seed: newSeed(), nodes: 6, stops: 3, restart: false, ...load });
});

test.serial('nodes that stop and start again lose nothing that was acknowledged', async (t) => {
  await holds(t, { seed: newSeed(), nodes: 4, stops: 2, restart: true, ...load });
});

const load = { clients: 6, betweenMs: 500 } as const;

async function holds(t: ExecutionContext, plan: DrainPlan): Promise<void> {
  t.timeout(180_000);
  t.log(`seed ${plan.seed}`);
  const report = await drain(plan, deadline(170_000));
  t.log(drainLine(report));
  t.deepEqual(report.faults, []);
  t.is(report.stops, plan.stops);
}

function newSeed(): string {
  return String(randomInt(2 ** 32));
}
