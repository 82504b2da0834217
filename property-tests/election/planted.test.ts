// The trials find what they are for: each planted mistake, by the rule that it breaks.
import test from 'ava';
import { MISTAKES, withMistake } from './planted.ts';
import { isReplayed } from './series.ts';
import { runTrial } from './trial.ts';

const SEEDS = 1000;

for (const mistake of MISTAKES) {
  test(`a core that ${mistake.name} is found out`, async (t) => {
    t.timeout(300_000);
    const found = await withMistake(mistake, (core) => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const findings = runTrial(seed, core, isReplayed(seed)).findings.join('\n');
        if (mistake.breaks.test(findings)) return seed;
      }
      return undefined;
    });
    t.log(`by seed ${found ?? 'none'}`);
    t.not(found, undefined);
  });
}
