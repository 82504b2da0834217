// Voters under all faults at once: nothing that must hold is ever broken, and planted mistakes are
// found. `npm run test:deep -- election` tries many more seeds.
import test from 'ava';
import { create } from '../../src/create.ts';
import { step } from '../../src/step.ts';
import { MISTAKES, withMistake } from './planted.ts';
import { runTrial } from './trial.ts';

const CORE = { create, step };
const SEEDS = 1000;

test('a thousand trials of voters break none of E1 to E8, and all of them end with a leader', (t) => {
  t.timeout(300_000);
  let [terms, led] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const verdict = runTrial(seed, CORE);
    terms += verdict.terms;
    led += verdict.led;
    t.deepEqual(verdict.findings, [], `seed ${seed}: ${JSON.stringify(verdict.setting)}`);
  }
  t.log(`${terms} terms with a leader, who led ${Math.round((100 * led) / SEEDS)} % of the time`);
  // Trials in which nothing happens would prove nothing.
  t.true(terms > 4 * SEEDS);
});

test('the same seed is the same trial', (t) => {
  for (const seed of [1, 2, 3]) t.deepEqual(runTrial(seed, CORE), runTrial(seed, CORE));
});

for (const mistake of MISTAKES) {
  test(`a core that ${mistake.name} is found out`, async (t) => {
    t.timeout(300_000);
    const found = await withMistake(mistake, (core) => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const findings = runTrial(seed, core).findings.join('\n');
        if (mistake.breaks.test(findings)) return seed;
      }
      return undefined;
    });
    t.log(`by seed ${found ?? 'none'}`);
    t.not(found, undefined);
  });
}
