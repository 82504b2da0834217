// What clients of a real network see while nodes are killed and stopped, judged as a whole;
// `npm run test:deep -- history` does it for long.
import { randomInt } from 'node:crypto';
import test from 'ava';
import { deadline } from './ending.ts';
import { judgedRun } from './judged.ts';

test.serial('a history under kill -9 and pauses holds', async (t) => {
  t.timeout(300_000);
  const seed = String(randomInt(2 ** 32));
  t.log(`seed ${seed}`);
  const plan = {
    seed,
    nodes: 8,
    operations: 3000,
    keys: 60,
    clients: 16,
    thinkMsMax: 60,
    faultsAtOnce: 1,
    stopMsMax: 2000,
    settleMs: 2000,
  };
  const { lines, faults, verdict } = await judgedRun(plan, true, deadline(280_000));
  for (const line of lines) t.log(line);
  t.deepEqual(faults, []);
  t.true(verdict.rules.invention.checked > 0 && verdict.rules['going back'].checked > 0);
});
