/**
 * A node whose disk is full: PUTs fail with a word, GETs go on, nothing that was acknowledged is
 * lost, and soon after there is room PUTs succeed again. The disk is a real one of four megabytes.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connectClient } from '../../../runtime/api/client.ts';
import type { Attack } from './attack.ts';
import { MIB, round } from './findings.ts';
import type { Honest } from './honest.ts';
import { staged } from './judge.ts';
import type { Victim } from './victim.ts';

const run = promisify(execFile);

export const fullDisk: Attack = {
  name: 'full-disk',
  run: async (scale, findings) => {
    let filler = '';
    const disk = {
      make: async (dir: string): Promise<void> => {
        await mkdir(dir);
        await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dir]);
        filler = join(dir, 'filler');
        await writeFile(filler, Buffer.alloc(2 * MIB, 1));
      },
      drop: async (dir: string): Promise<void> => {
        await run('umount', ['--lazy', dir]);
      },
    };
    await staged({ disk }, findings, async ({ victim, honest }) => {
      const filled = await fill(victim, honest);
      findings.line('full', `${filled.acknowledged} acknowledged, then ${filled.status}`);
      findings.holds('nothing was acknowledged', filled.acknowledged > 0);
      const meanwhile = await honest.rest(scale.isDeep ? 5000 : 500);
      findings.line('gets', meanwhile.gets.toString());
      findings.holds(`${meanwhile.gets.failed} GETs failed`, meanwhile.gets.failed === 0);
      const lost = await honest.lost();
      findings.holds(`${lost} acknowledged values are not served`, lost === 0);
      const freedAt = performance.now();
      await rm(filler);
      const again = await untilStored(victim);
      const ms = again ? performance.now() - freedAt : Infinity;
      findings.line('room', `a PUT succeeded ${round(ms)} ms after there was room`);
      findings.atMost('a PUT after there was room, ms', ms, scale.isDeep ? 5000 : 15_000);
    });
  },
};

/** Puts until the node says that it cannot. @returns with which word */
async function fill(
  victim: Victim,
  honest: Honest,
): Promise<{ readonly acknowledged: number; readonly status: string }> {
  const client = await connectClient(victim.api);
  for (let acknowledged = 0; ; acknowledged++) {
    const [key, value] = [randomBytes(32), randomBytes(20_000)];
    const { status } = await client.put(key, value);
    if (status === 'good') honest.remember(key, value);
    else {
      await client.close();
      return { acknowledged, status };
    }
  }
}

async function untilStored(victim: Victim): Promise<boolean> {
  const client = await connectClient(victim.api);
  try {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const { status } = await client.put(randomBytes(32), randomBytes(100));
      if (status === 'good') return true;
      await delay(TRY_EVERY_MS);
    }
    return false;
  } finally {
    await client.close();
  }
}

const TRIES_MAX = 300;
const TRY_EVERY_MS = 50;
