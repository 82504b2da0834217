/**
 * Clients that ask as fast as the machine lets them: one, a thousand at once, and four thousand
 * that ask for nothing. Peers and other clients are served meanwhile, and who is refused is told.
 */
import type { Attack, Scale } from './attack.ts';
import { KIB, MIB, mebibytes, round } from './findings.ts';
import type { Findings } from './findings.ts';
import { judgeHonest, judgeLoop, staged } from './judge.ts';
import type { Scene } from './judge.ts';
import { raid } from './raiding.ts';
import type { Requests, RequestsOrder } from './raids/requests.ts';

export const apiFlood: Attack = {
  name: 'api-flood',
  run: async (scale, findings) => {
    await staged({}, findings, async (scene) => {
      await flood(scale, findings, scene, 1, 'small');
      await flood(scale, findings, scene, scale.isDeep ? 1000 : 150, 'small');
      if (scale.isDeep) await flood(scale, findings, scene, 1500, 'large PUTs');
    });
  },
};

async function flood(
  scale: Scale,
  findings: Findings,
  { victim, honest }: Scene,
  clients: number,
  what: RequestsOrder['what'],
): Promise<void> {
  const ms = scale.isDeep ? 20_000 : 1500;
  await victim.inside();
  const before = await honest.rest(scale.isDeep ? 10_000 : 500);
  const { loop: loopBefore } = await victim.inside();
  const resident = await victim.settled(scale.isDeep);
  let peak = 0;
  const looking = setInterval(() => {
    void victim.resident().then((now) => {
      peak = Math.max(peak, now);
    });
  }, LOOK_MS);
  await raid(
    async (raider) => {
      let requests: Requests | undefined;
      const attack = async (): Promise<void> => {
        requests = await raider.ask('floodRequests', { to: victim.api, clients, what, ms });
      };
      const meanwhile = await honest.during(attack());
      const { loop } = await victim.inside();
      clearInterval(looking);
      const rate = round(requests?.perSecond ?? 0);
      findings.line(
        `${clients}, ${what}:`,
        `${rate} answers a second, ${JSON.stringify(requests?.answers)}`,
      );
      const isSmall = what === 'small';
      // Who needs more than ten seconds for a message is cut, and of so many some do.
      const cut = requests?.cut ?? 0;
      if (!isSmall) findings.line('', `${cut} connections were cut`);
      findings.holds(`${cut} connections were cut`, cut === 0 || !isSmall);
      findings.holds('nobody was answered', (requests?.perSecond ?? 0) > 0);
      // More values than may be held at once: who brings them is told so.
      const busy = requests?.answers['PUT busy'] ?? 0;
      findings.holds('no PUT was answered busy', isSmall || busy > 0);
      // What a thousand share of the disk is little, and values of 60 KB take time to come in.
      const putMs = clients === 1 ? scale.putMs : Math.max(scale.putMs, SHARED_MS);
      const puts = { ...scale, putMs };
      const all = { ...puts, latencyMs: SHARED_MS, loopMs: SHARED_LOOP_MS };
      judgeHonest(isSmall ? puts : all, findings, before, meanwhile);
      judgeLoop(isSmall ? puts : all, findings, loopBefore, loop);
      findings.line('memory', `${mebibytes(resident)} before, grew ${mebibytes(peak - resident)}`);
      findings.atMost('growth of resident memory, MiB', (peak - resident) / MIB, 512);
    },
    scale.isDeep ? FLOOD_NICENESS : undefined,
  );
}

export const idleClients: Attack = {
  name: 'idle-clients',
  run: async (scale, findings) => {
    const count = scale.isDeep ? 4000 : 400;
    await staged({}, findings, async ({ victim, honest }) => {
      await victim.inside();
      const before = await honest.rest(scale.isDeep ? 20_000 : 500);
      const { loop: loopBefore } = await victim.inside();
      const resident = await victim.settled(scale.isDeep);
      await raid(async (raider) => {
        const connected = await raider.ask('gather', { to: victim.api, count });
        const each = ((await victim.settled(scale.isDeep)) - resident) / count / KIB;
        await victim.inside();
        const meanwhile = await honest.rest(scale.isDeep ? 20_000 : 500);
        const open = await raider.ask('gathered', {});
        findings.line('clients', `${connected} connected, ${open} stay, ${round(each)} KiB each`);
        findings.holds(`only ${open} of ${count} stay`, open === count);
        findings.atMost('resident KiB for each', each, 64);
        judgeHonest(scale, findings, before, meanwhile);
        judgeLoop(scale, findings, loopBefore, (await victim.inside()).loop);
      });
    });
  },
};

const LOOK_MS = 100;
const FLOOD_NICENESS = 19;
const SHARED_MS = 5000;
const SHARED_LOOP_MS = 500;
