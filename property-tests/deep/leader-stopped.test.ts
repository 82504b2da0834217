// A leader is stopped for longer than its lease and continued: the short form of
// `npm run test:deep -- leader-stopped`.
import test from 'ava';
import { deadline } from './ending.ts';
import { leaderStopped } from './leader-stopped.ts';

test('a leader that was stopped steps down by itself, and nobody takes its word', async (t) => {
  const { lines, faults } = await leaderStopped({ nodes: 3, stopsS: [12] }, deadline(120_000));
  for (const line of lines) t.log(line);
  t.deepEqual(faults, []);
  // Without that nothing was tried.
  t.regex(lines[0] ?? '', /another after/);
});
