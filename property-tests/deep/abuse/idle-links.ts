/** Thousands of links that are up and silent: what each costs, and who else notices them. */
import type { Attack } from './attack.ts';
import { KIB, mebibytes, round } from './findings.ts';
import { judgeHonest, judgeLoop, staged } from './judge.ts';
import { raid } from './raiding.ts';

export const idleLinks: Attack = {
  name: 'idle-links',
  run: async (scale, findings) => {
    const count = scale.isDeep ? 5000 : 200;
    const restMs = scale.isDeep ? 60_000 : 500;
    await staged({}, findings, async ({ victim, honest }) => {
      await honest.rest(restMs / 10);
      await victim.inside();
      const before = await honest.rest(restMs);
      const { loop: loopBefore } = await victim.inside();
      const resident = await victim.settled(scale.isDeep);
      let p99 = 0;
      await raid(async (raider) => {
        const { listen: to, authorityDir } = victim;
        const open = await raider.ask('openLinks', { to, authorityDir, count });
        findings.holds(`only ${open} of ${count} links came up`, open === count);
        const each = ((await victim.settled(scale.isDeep)) - resident) / count;
        const { memory } = await victim.inside();
        const meanwhile = await honest.rest(restMs);
        const { loop } = await victim.inside();
        const fate = await raider.ask('fateOfLinks', {});
        findings.line('links', `${open} up, ${fate.open} after ${restMs / 1000} s`);
        findings.line(
          'memory',
          `${mebibytes(resident)} before, ${round(each / KIB)} KiB for each link`,
        );
        const heap = `heap ${mebibytes(memory.heapUsed)} of ${mebibytes(memory.heapTotal)}`;
        findings.line('', `${heap}, outside ${mebibytes(memory.external)}`);
        judgeHonest(scale, findings, before, meanwhile);
        judgeLoop(scale, findings, loopBefore, loop);
        findings.holds(`${JSON.stringify(fate.ended)} ended`, fate.open === count);
        findings.atMost('resident KiB for each link', each / KIB, scale.isDeep ? 64 : 256);
        p99 = meanwhile.gets.at(99);
      });
      // Other work on the machine comes and goes: the links are gone again, what is it like now?
      const after = await honest.rest(restMs);
      const ratio = p99 / Math.max(before.gets.at(99), after.gets.at(99));
      findings.line('gets', `after: ${after.gets.toString()}`);
      findings.line('ratio', `p99 of gets ${round(ratio)} times that before or after`);
      if (scale.isDeep) findings.atMost('p99 of gets, times that before or after', ratio, 1.5);
    });
  },
};
