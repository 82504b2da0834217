// Voters under all faults at once: nothing that must hold is ever broken, and each of the faults
// happens often. `npm run test:deep -- election` tries many more seeds.
import test from 'ava';
import { isReplayed } from './series.ts';
import { runTrial } from './trial.ts';
import { HAPPENINGS, type Happening } from './trouble.ts';
import { CORE } from './voter.ts';

const SEEDS = 1000;
/** How often each must have happened in all trials together. */
const OFTEN = 200;

test('a thousand trials break no rule of an election, and all end with a leader', (t) => {
  t.timeout(300_000);
  let [terms, led] = [0, 0];
  const counts = new Map<Happening, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const verdict = runTrial(seed, CORE, isReplayed(seed));
    terms += verdict.terms;
    led += verdict.led;
    for (const [what, count] of verdict.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    t.deepEqual(verdict.findings, [], `seed ${seed}: ${JSON.stringify(verdict.setting)}`);
  }
  t.log(`${terms} terms with a leader, who led ${Math.round((100 * led) / SEEDS)} % of the time`);
  for (const [what, count] of counts) t.log(`${count} x ${what}`);
  // Trials in which nothing happens would prove nothing.
  t.true(terms > 4 * SEEDS);
  for (const what of HAPPENINGS) t.true((counts.get(what) ?? 0) >= OFTEN, what);
});

test('the same seed is the same trial', (t) => {
  for (const seed of [1, 2, 3]) {
    t.deepEqual(runTrial(seed, CORE, true), runTrial(seed, CORE, true));
  }
});
