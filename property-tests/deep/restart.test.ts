// A network killed as a whole finds its values again; `npm run test:deep -- restart` does it large.
import { randomInt } from 'node:crypto';
import test from 'ava';
import { deadline } from './ending.ts';
import { restart } from './restart.ts';

test.serial('what was acknowledged is found after a kill -9 of all nodes at once', async (t) => {
  t.timeout(150_000);
  const plan = { seed: String(randomInt(2 ** 32)), nodes: 6, keys: 50 };
  const { lines, faults } = await restart(plan, deadline(140_000));
  for (const line of lines) t.log(line);
  t.deepEqual(faults, []);
});
