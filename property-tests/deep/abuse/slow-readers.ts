/**
 * Those who keep a node waiting: connections that send a byte every five seconds, at each place
 * where something can be left unfinished, and clients that ask for a great deal and read nothing.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectClient } from '../../../runtime/api/client.ts';
import type { Attack, Scale } from './attack.ts';
import { KIB, MIB, mebibytes, round } from './findings.ts';
import type { Findings } from './findings.ts';
import { judgeHonest, judgeLoop, staged } from './judge.ts';
import type { Scene } from './judge.ts';
import { raid } from './raiding.ts';
import type { TrickleKind } from './raids/trickles.ts';
import type { Victim } from './victim.ts';

export const slowSenders: Attack = {
  name: 'slow-senders',
  run: async (scale, findings) => {
    await staged({}, findings, async (scene) => {
      // What has no handshake yet comes last: it takes the places of handshakes.
      const deeply = [PROVEN, ...UNPROVEN.map((kind) => [kind])];
      const rounds = scale.isDeep ? deeply : [[...PROVEN, ...UNPROVEN]];
      for (const kinds of rounds) await trickleAll(scale, findings, scene, kinds);
    });
  },
};

async function trickleAll(
  scale: Scale,
  findings: Findings,
  { victim, honest }: Scene,
  kinds: readonly TrickleKind[],
): Promise<void> {
  const count = scale.isDeep ? 1000 : 15;
  const before = await honest.rest(scale.isDeep ? 10_000 : 500);
  const attack = kinds.map(async (kind) =>
    raid(async (raider) => {
      const to = kind === 'client message' ? victim.api : victim.listen;
      const { authorityDir } = victim;
      const order = { kind, to, authorityDir, count };
      const { begun, open, lastMs, lagMs } = await raider.ask('trickle', order);
      const last = `the last lived ${round(lastMs)} ms (seen up to ${round(lagMs)} ms late)`;
      findings.line(`${kind}:`, `${begun} begun, ${open} open, ${last}`);
      findings.holds(`${kind}: ${open} are never closed`, open === 0);
      findings.holds(`${kind}: only ${begun} of ${count} were begun`, begun > count / 2);
      const most = scale.isDeep ? 11_000 : 25_000;
      // It may be late when it begins and when it sees the end.
      findings.atMost(`${kind}: life, ms`, lastMs, most + 2 * lagMs);
    }),
  );
  judgeHonest(scale, findings, before, await honest.during(Promise.all(attack)));
}

export const slowReaders: Attack = {
  name: 'slow-readers',
  run: async (scale, findings) => {
    const count = scale.isDeep ? 1000 : 50;
    await staged({}, findings, async ({ victim, honest }) => {
      const key = await storeLarge(victim);
      await victim.inside();
      const before = await honest.rest(scale.isDeep ? 10_000 : 500);
      const { loop: loopBefore } = await victim.inside();
      const resident = await victim.settled(scale.isDeep);
      const descriptors = await victim.descriptors();
      await raid(async (raider) => {
        const seen: Seen = { resident: 0, openMs: 0, takenMs: 0 };
        const attack = async (): Promise<void> => {
          const asks = { key, times: 1000 };
          await raider.ask('gather', { to: victim.api, count, asks });
          await watch(victim, descriptors, scale.isDeep ? 120_000 : 3000, seen);
        };
        const meanwhile = await honest.during(attack());
        const each = (seen.resident - resident) / count;
        findings.line(
          'memory',
          `grew ${mebibytes(seen.resident - resident)}, ${round(each / KIB)} KiB a client`,
        );
        judgeHonest(scale, findings, before, meanwhile);
        judgeLoop(scale, findings, loopBefore, (await victim.inside()).loop);
        const slack = scale.isDeep ? 0 : 128 * MIB;
        findings.atMost('growth for each client, KiB', each / KIB, 256 + slack / count / KIB);
        if (!scale.isDeep) return;
        const [open, taken] = [seen.openMs, seen.takenMs].map((ms) => round(ms / 1000));
        findings.line(
          'clients',
          `the last took bytes until ${taken} s, the last was cut after ${open} s`,
        );
        const life = seen.openMs - seen.takenMs;
        findings.atMost('life of a client that takes nothing, ms', life, 31_000 + LOOK_MS);
      });
    });
  },
};

interface Seen {
  /** At most. */
  resident: number;
  /** Until the node had closed the last of the attacker's connections. */
  openMs: number;
  /** Until it wrote no more than the honest ask for: what the machine itself keeps was full. */
  takenMs: number;
}

/** Until all of the attacker's connections are gone from the node, or for so long. */
async function watch(
  victim: Victim,
  descriptors: number,
  limitMs: number,
  seen: Seen,
): Promise<void> {
  const begun = performance.now();
  let written = await victim.written();
  for (;;) {
    await delay(LOOK_MS);
    seen.resident = Math.max(seen.resident, await victim.resident());
    seen.openMs = performance.now() - begun;
    const now = await victim.written();
    if (now - written > HONEST_BYTES_MAX) seen.takenMs = seen.openMs;
    written = now;
    if ((await victim.descriptors()) <= descriptors || seen.openMs > limitMs) return;
  }
}

/** @returns the key of a value of 60 KB, in hex */
async function storeLarge(victim: Victim): Promise<string> {
  const client = await connectClient(victim.api);
  const key = randomBytes(32);
  await client.put(key, randomBytes(60_000));
  await client.close();
  return key.toString('hex');
}

const PROVEN: readonly TrickleKind[] = ['client message', 'hello', 'frame'];
const UNPROVEN: readonly TrickleKind[] = ['silent', 'TCP', 'TLS hello'];
const LOOK_MS = 250;
/** What the honest and the disk take in that time. */
const HONEST_BYTES_MAX = 400 * KIB;
