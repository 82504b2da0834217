// The leader is killed, newcomers that hold nothing but its signed list find their way in, and it
// comes back as a follower: seven processes; `npm run test:deep -- bootstrap-killed` has twenty.
import test from 'ava';
import { bootstrapKilled } from './bootstrap-killed.ts';
import { deadline } from './ending.ts';

test('newcomers find their way in with the signed list of a leader that is dead', async (t) => {
  const plan = { nodes: 6, newcomers: 1, joinMsMax: 30_000 };
  const report = await bootstrapKilled(plan, deadline(150_000));
  for (const line of report.lines) t.log(line);
  t.deepEqual(report.faults, []);
});
