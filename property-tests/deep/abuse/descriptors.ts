/**
 * A node that may have 256 descriptors, and thousands of connections to both of its ports: it goes
 * on, with its links and its disk, and takes newcomers again as soon as the crowd is gone.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectClient } from '../../../runtime/api/client.ts';
import type { Attack } from './attack.ts';
import { round } from './findings.ts';
import { judgeHonest, judgeLoop, staged } from './judge.ts';
import { raid } from './raiding.ts';
import type { Victim } from './victim.ts';

export const descriptors: Attack = {
  name: 'descriptors',
  run: async (scale, findings) => {
    const limit = 256;
    await staged({ descriptors: limit }, findings, async ({ victim, honest }) => {
      const [clients, peers] = scale.isDeep ? [2000, 500] : [600, 300];
      await victim.inside();
      const before = await honest.rest(scale.isDeep ? 10_000 : 500);
      const { loop } = await victim.inside();
      const opened = await victim.descriptors();
      await raid(async (raider) => {
        let connected = 0;
        let most = 0;
        const attack = async (): Promise<void> => {
          const [one, other] = await Promise.all([
            raider.ask('gather', { to: victim.api, count: clients }),
            raider.ask('gather', { to: victim.listen, count: peers }),
          ]);
          connected = one + other;
          const until = performance.now() + (scale.isDeep ? 10_000 : 1000);
          while (performance.now() < until) {
            most = Math.max(most, await victim.descriptors());
            await delay(50);
          }
        };
        const meanwhile = await honest.during(attack());
        const open = await raider.ask('gathered', {});
        findings.line(
          'crowd',
          `${clients} clients and ${peers} peers: ${connected} connected, ${open} stay`,
        );
        findings.line('descriptors', `${opened} before, ${most} at most, ${limit} allowed`);
        judgeHonest(scale, findings, before, meanwhile);
        judgeLoop(scale, findings, loop, (await victim.inside()).loop);
        findings.atMost('descriptors', most, limit - 1);
        await raider.ask('disperse', {});
        const ms = await untilTaken(victim);
        findings.line('release', `a new client was served after ${round(ms)} ms`);
        findings.atMost('a new client after the release, ms', ms, scale.isDeep ? 1000 : 15_000);
      });
    });
  },
};

/** @returns when a new client had a value acknowledged */
async function untilTaken(victim: Victim): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < TAKEN_MS_MAX) {
    try {
      const client = await connectClient(victim.api, { timeoutMs: 2000 });
      const { status } = await client.put(randomBytes(32), randomBytes(100));
      await client.close();
      if (status === 'good') return performance.now() - begun;
    } catch {
      await delay(20);
    }
  }
  return Infinity;
}

const TAKEN_MS_MAX = 20_000;
