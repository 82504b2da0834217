/** Every type code from 0 to 65,535, sent by a client and by a certified peer. */
import type { Attack } from './attack.ts';
import { round } from './findings.ts';
import { judgeHonest, staged } from './judge.ts';
import { raid } from './raiding.ts';

export const codes: Attack = {
  name: 'codes',
  run: async (scale, findings) => {
    await staged({}, findings, async ({ victim, honest }) => {
      const { authorityDir } = victim;
      for (const raidName of ['tryClientCodes', 'tryPeerCodes'] as const) {
        const isPeer = raidName === 'tryPeerCodes';
        // A link costs a handshake: the short form tries one code in a thousand.
        const every = isPeer && !scale.isDeep ? 1000 : 1;
        const to = isPeer ? victim.listen : victim.api;
        const before = await honest.rest(scale.isDeep ? 5000 : 300);
        await raid(async (raider) => {
          const begun = performance.now();
          const attack = raider.ask(raidName, { to, authorityDir, every, count: 0 });
          const meanwhile = await honest.during(attack);
          const { tried, wrong } = await attack;
          const seconds = round((performance.now() - begun) / 1000);
          const who = isPeer ? 'as a peer' : 'as a client';
          findings.line(who, `${tried} codes in ${seconds} s, ${wrong.length} answered otherwise`);
          const some = wrong.slice(0, 10).join(', ');
          findings.holds(`${who}: ${wrong.length} answered otherwise: ${some}`, wrong.length === 0);
          judgeHonest(scale, findings, before, meanwhile);
        });
      }
    });
  },
};
