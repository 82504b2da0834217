// A node that stood still serves nothing that is out of date, and is back within seconds;
// `npm run test:deep -- stopped` does it for up to two minutes.
import { randomInt } from 'node:crypto';
import test from 'ava';
import { deadline } from './ending.ts';
import { backFaults, stopped } from './stopped.ts';

test.serial('a node that was stopped and continued serves nothing stale', async (t) => {
  t.timeout(150_000);
  const seed = String(randomInt(2 ** 32));
  t.log(`seed ${seed}`);
  const plan = { seed, nodes: 5, stopsS: [1, 3], rate: 50, keys: 30, backMsMax: 20_000 };
  const { lines, faults } = await stopped(plan, deadline(140_000));
  for (const line of lines) t.log(line);
  t.deepEqual(faults, []);
});

test('a node that was hardly read, or came back late, is a fault', (t) => {
  const good = { waited: 30, answered: 30, readMs: 800, usedMs: 600, reads: 100, found: 70 };
  t.deepEqual(backFaults(good, 5000), []);
  t.deepEqual(backFaults({ ...good, found: 9 }, 5000), [
    'too few reads to judge: 9 found a value there',
  ]);
  t.is(backFaults({ ...good, readMs: Infinity, found: 0 }, 5000).length, 2);
  t.is(backFaults({ ...good, usedMs: 6000 }, 5000).length, 1);
});
