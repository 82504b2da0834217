/**
 * Thousands of links at once, each with a part of a frame of 64 KB and never the rest: what has not
 * come costs nothing, what has come is bounded, and all of them are cut in time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Scale } from './attack.ts';
import { KIB, MIB, mebibytes, round } from './findings.ts';
import type { Findings } from './findings.ts';
import { Honest } from './honest.ts';
import { judgeHonest, staged } from './judge.ts';
import type { Scene } from './judge.ts';
import { raid } from './raiding.ts';
import type { Raider } from './raiding.ts';
import type { Fate, Part } from './raids/links.ts';
import type { Victim } from './victim.ts';

export const halfFrames: Attack = {
  name: 'half-frames',
  run: async (scale, findings) => {
    await staged({}, findings, Honest.join, async (scene) => {
      for (const part of scale.isDeep ? ALL : HALVES) await send(scale, findings, scene, part);
    });
  },
};

async function send(
  scale: Scale,
  findings: Findings,
  { victim, honest }: Scene,
  part: Part,
): Promise<void> {
  const count = scale.isDeep ? 5000 : 100;
  await raid(async (raider) => {
    const { listen: to, authorityDir } = victim;
    const open = await raider.ask('openLinks', { to, authorityDir, count });
    findings.holds(`only ${open} of ${count} links came up`, open === count);
    const idle = await victim.settled(scale.isDeep);
    const idleBuffers = (await victim.inside()).memory.arrayBuffers;
    const before = await honest.rest(scale.isDeep ? 5000 : 500);
    const peak = { resident: 0, buffers: 0 };
    let fate: Fate | undefined;
    const attack = async (): Promise<void> => {
      const sending = raider.ask('sendPart', { part });
      fate = await untilEnded(raider, victim, peak);
      await sending;
    };
    const meanwhile = await honest.during(attack());
    const [grown, buffers] = [peak.resident - idle, peak.buffers - idleBuffers];
    const ends = `${fate?.open} open, ended: ${JSON.stringify(fate?.ended)}`;
    findings.line(
      `${part}:`,
      `${count} links, ${ends}, the last after ${round(fate?.lastMs ?? 0)} ms`,
    );
    findings.line(
      'memory',
      `idle ${mebibytes(idle)}, grew ${mebibytes(grown)}, buffers ${mebibytes(buffers)}`,
    );
    judgeHonest(scale, findings, before, meanwhile);
    findings.holds(`${fate?.open} links stayed`, fate?.open === 0);
    findings.atMost(
      `${part}: life of a link, ms`,
      fate?.lastMs ?? 0,
      scale.isDeep ? 11_000 : 20_000,
    );
    findings.atMost(`${part}: buffers, MiB`, buffers / MIB, 256);
    const most = part === 'length' ? 16 + (count * KIB) / MIB : 300;
    findings.atMost(`${part}: growth of resident memory, MiB`, grown / MIB, most);
    // 5,000 frames of 64 KB are more than all connections together may keep.
    if (part === 'all but one byte')
      findings.holds('no reason in the log', await victim.said(SHED));
  });
}

async function untilEnded(
  raider: Raider,
  victim: Victim,
  peak: { resident: number; buffers: number },
): Promise<Fate> {
  const until = performance.now() + ENDED_MS_MAX;
  for (;;) {
    peak.resident = Math.max(peak.resident, await victim.resident());
    peak.buffers = Math.max(peak.buffers, (await victim.inside()).memory.arrayBuffers);
    const fate = await raider.ask('fateOfLinks', {});
    if (fate.open === 0 || performance.now() > until || victim.exit !== undefined) return fate;
    await delay(LOOK_MS);
  }
}

const ALL: readonly Part[] = ['length', 'half', 'all but one byte'];
const HALVES: readonly Part[] = ['half'];
const SHED = /too many bytes wait for the rest of their frames/;
const LOOK_MS = 100;
const ENDED_MS_MAX = 40_000;
