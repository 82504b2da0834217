/**
 * A certified peer that breaks the protocol in every link, and one that stores without end: the
 * first loses its links alone, the second gets its quota and no more.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Scale } from './attack.ts';
import { KIB, MIB, mebibytes } from './findings.ts';
import type { Findings } from './findings.ts';
import { judgeHonest, judgeLoop, staged } from './judge.ts';
import type { Scene } from './judge.ts';
import { raid } from './raiding.ts';
import type { Raider } from './raiding.ts';

export const hostilePeer: Attack = {
  name: 'hostile-peer',
  run: async (scale, findings) => {
    const count = scale.isDeep ? 5000 : 130;
    await staged({}, findings, async (scene) => {
      await underAttack(scale, findings, scene, async (raider, { victim }) => {
        const order = { to: victim.listen, authorityDir: victim.authorityDir, count };
        const { sent, stayed, refused } = await raider.ask('sendBadFrames', {
          ...order,
          seed: scale.seed,
        });
        const kinds = Object.keys(sent).length;
        findings.line('links', `${count} with a bad frame of ${kinds} kinds, ${refused} refused`);
        findings.holds(`links stayed in spite of ${JSON.stringify(stayed)}`, isEmpty(stayed));
        findings.holds(`${refused} links were not taken`, refused === 0);
      });
    });
  },
};

export const storeFlood: Attack = {
  name: 'store-flood',
  run: async (scale, findings) => {
    const count = scale.isDeep ? 100_000 : 2000;
    const quota = 500 * VALUE_BYTES;
    const args = ['--quota', '50000,64MiB', '--peer-quota', `500,${quota}`];
    await staged({ args }, findings, async (scene) => {
      const { victim } = scene;
      const diskBefore = await victim.diskBytes();
      await underAttack(scale, findings, scene, async (raider) => {
        const order = { to: victim.listen, authorityDir: victim.authorityDir, count };
        const answers = await raider.ask('floodStores', { ...order, valueBytes: VALUE_BYTES });
        findings.line('stores', `${count}: ${JSON.stringify(answers)}`);
        findings.atMost('records taken over the quota', answers['ok'] ?? 0, 500);
        const answered = (answers['ok'] ?? 0) + (answers['full'] ?? 0);
        findings.holds(`only ${answered} of ${count} got ok or full`, answered === count);
      });
      const grown = (await victim.diskBytes()) - diskBefore;
      findings.line('disk', `grew ${mebibytes(grown)}`);
      findings.atMost('growth of the disk, bytes', grown, quota + DISK_OVERHEAD);
    });
  },
};

/** Before, meanwhile and after: latencies, the event loop and memory. */
async function underAttack(
  scale: Scale,
  findings: Findings,
  scene: Scene,
  attack: (raider: Raider, scene: Scene) => Promise<void>,
): Promise<void> {
  const { victim, honest } = scene;
  // The first requests compile what they run through.
  await honest.rest(scale.isDeep ? 3000 : 300);
  await victim.inside();
  const before = await honest.rest(scale.isDeep ? 10_000 : 500);
  const { loop: loopBefore } = await victim.inside();
  const rss = await victim.settled(scale.isDeep);
  await raid(async (raider) => {
    const meanwhile = await honest.during(attack(raider, scene));
    judgeHonest(scale, findings, before, meanwhile);
    judgeLoop(scale, findings, loopBefore, (await victim.inside()).loop);
  });
  await delay(scale.isDeep ? 5000 : 0);
  const grown = (await victim.settled(scale.isDeep)) - rss;
  findings.line('memory', `${mebibytes(rss)} resident before, grew ${mebibytes(grown)}`);
  findings.atMost('growth of resident memory, MiB', grown / MIB, 64);
}

function isEmpty(counts: Readonly<Record<string, number>>): boolean {
  return Object.keys(counts).length === 0;
}

const VALUE_BYTES = 100;
/** LevelDB's log and tables: 4 MiB of log, and records with certificates and heads. */
const DISK_OVERHEAD = 8 * MIB + 500 * 2 * KIB;
