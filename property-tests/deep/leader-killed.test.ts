// kill -9 of the leader of three processes: another leads in a higher term, and the old one comes
// back as a follower, with what it promised still on its disk.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parseBallot } from '../../runtime/election/ballot-file.ts';
import { deadline } from './ending.ts';
import { withVoters } from './leaders.ts';

test('a leader that is killed is followed by another, and comes back as a follower', async (t) => {
  await withVoters(
    3,
    deadline(120_000),
    async (fleet, leaders) => {
      const first = await leaders.until('a leader', LIMIT_MS, () => leaders.agreed());
      const term = leaders.said(first)?.term ?? 0;
      const killedAt = performance.now();
      await fleet.kill(first);
      const second = await leaders.until('another', LIMIT_MS, () => leaders.agreed());
      t.log(`another leads after ${((performance.now() - killedAt) / 1000).toFixed(1)} s`);
      t.not(second, first);
      t.true((leaders.said(second)?.term ?? 0) > term);
      const kept = parseBallot(await readFile(join(fleet.dataDir(first), 'ballot'), 'utf8'));
      t.true((kept?.term ?? 0) >= term, 'the term was on disk before anybody heard of it');
      await fleet.start(first);
      const back = await leaders.until('it is back', LIMIT_MS, () => leaders.said(first));
      t.is(back.role, 'follower');
      t.is(back.ballot, 'kept');
      await leaders.until('all agree', LIMIT_MS, () => leaders.agreed());
      t.deepEqual(leaders.faults, []);
    },
    () => true,
  );
});

const LIMIT_MS = 30_000;
