/**
 * Thousands of links at once, each with a part of a frame of 64 KB and never the rest: what has not
 * come costs nothing, what has come is bounded, and all of them are cut in time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Scale } from './attack.ts';
import { KIB, MIB, mebibytes, round } from './findings.ts';
import type { Findings } from './findings.ts';
import { judgeHonest, staged } from './judge.ts';
import type { Scene } from './judge.ts';
import { raid } from './raiding.ts';
import type { Raider } from './raiding.ts';
import type { Fate, Part } from './raids/links.ts';
import type { Victim } from './victim.ts';

export const halfFrames: Attack = {
  name: 'half-frames',
  run: async (scale, findings) => {
    await staged({}, findings, async (scene) => {
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
    judgeHonest(scale, findings, before, meanwhile);
    judgeFate(scale, findings, part, fate);
    const [grown, buffers] = [peak.resident - idle, peak.buffers - idleBuffers];
    const growth = `grew ${mebibytes(grown)}, of it buffers ${mebibytes(buffers)}`;
    findings.line('memory', `${mebibytes(idle)} with ${count} idle links, ${growth}`);
    // What a length announces is not there; of what a look at each link leaves behind some is.
    const [mostBuffers, most] = part === 'length' ? [(count * KIB) / MIB, 64] : [256, 300];
    findings.atMost(`${part}: buffers, MiB`, buffers / MIB, mostBuffers + BUFFERS_MIB_NOISE);
    findings.atMost(`${part}: growth of resident memory, MiB`, grown / MIB, most);
    // 5,000 frames of 64 KB are more than all connections together may keep.
    const isTooMuch = part === 'all but one byte';
    if (isTooMuch) findings.holds('no reason in the log', await victim.said(SHED));
  });
}

function judgeFate(scale: Scale, findings: Findings, part: Part, fate: Fate | undefined): void {
  if (fate === undefined) return;
  const { open, ended, lastMs, lagMs } = fate;
  const last = `the last after ${round(lastMs)} ms (seen up to ${round(lagMs)} ms late)`;
  findings.line(`${part}:`, `${open} links open, ended: ${JSON.stringify(ended)}, ${last}`);
  findings.holds(`${open} links stayed`, open === 0);
  // It may be late when it sends and when it sees the end.
  const most = scale.isDeep ? 11_000 : 20_000;
  findings.atMost(`${part}: life of a link, ms`, lastMs, most + 2 * lagMs);
}

async function untilEnded(
  raider: Raider,
  victim: Victim,
  peak: { resident: number; buffers: number },
): Promise<Fate> {
  const until = performance.now() + ENDED_MS_MAX;
  let lagMs = 0;
  for (;;) {
    peak.resident = Math.max(peak.resident, await victim.resident());
    peak.buffers = Math.max(peak.buffers, (await victim.inside()).memory.arrayBuffers);
    const now = await raider.ask('fateOfLinks', {});
    lagMs = Math.max(lagMs, now.lagMs);
    const fate = { ...now, lagMs };
    if (fate.open === 0 || performance.now() > until || victim.exit !== undefined) return fate;
    await delay(LOOK_MS);
  }
}

const ALL: readonly Part[] = ['length', 'half', 'all but one byte'];
const HALVES: readonly Part[] = ['half'];
const SHED = /too many bytes wait for the rest of their frames/;
const LOOK_MS = 100;
const ENDED_MS_MAX = 40_000;
/** Buffers of what goes on meanwhile. */
const BUFFERS_MIB_NOISE = 4;
