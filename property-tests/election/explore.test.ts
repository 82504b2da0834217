// Every history of three voters up to some depth, with a crash at any point: no rule is broken, and
// a core that breaks one is found out. `npm run test:deep -- states` goes deeper.
import test from 'ava';
import { explore } from './explore.ts';
import { MISTAKES, withMistake } from './planted.ts';
import { CORE } from './voter.ts';

for (const [start, depth] of [
  ['two stand', 6],
  ['at rest', 7],
] as const) {
  test(`every history of ${depth} events, ${start} at first, keeps the rules`, (t) => {
    const { scenes, events, leaders, findings } = explore(CORE, start, depth);
    t.deepEqual(findings, []);
    t.log(`${scenes} scenes, ${events} events, in ${leaders} scenes somebody leads`);
    t.true(leaders > 0);
  });
}

for (const [name, rule] of [
  ['votes twice in a term', /^E[13]:/],
  ['speaks of a term before it is on disk', /^E2:/],
] as const) {
  test(`a core that ${name} is found out by going through all histories`, async (t) => {
    const mistake = MISTAKES.find((one) => one.name === name);
    if (mistake === undefined) return t.fail();
    const { findings } = await withMistake(mistake, (core) => explore(core, 'two stand', 6));
    t.log(findings[0]);
    t.regex(findings.join('\n'), rule);
  });
}
