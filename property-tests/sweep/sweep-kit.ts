/**
 * What the tests of sweeps share: a small sweep's file, its folder as text, a Redis server of their
 * own on a port that nobody else has.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { freePorts } from '../cli/cli-kit.ts';

/** A dozen cells of well under a second each. */
export const DOZEN = `
name: dozen
question: Is every cell the same wherever it is run?
base: { nodes: 40, tables: converged, duration: 20s, lookups: 40 }
grid:
  k: [4, 8]
  alpha: [1, 3]
seeds: [1, 2, x]
`;

export async function sweepFile(dir: string, text: string): Promise<string> {
  const path = join(dir, 'sweep.yaml');
  await writeFile(path, text);
  return path;
}

/** What must not depend on who ran the cells: sweep.json and every cell, by file name. */
export async function textsIn(out: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = { index: await readFile(join(out, 'sweep.json'), 'utf8') };
  for (const name of await cellsIn(out)) {
    texts[name] = await readFile(join(out, 'cells', name), 'utf8');
  }
  return texts;
}

export async function cellsIn(out: string): Promise<string[]> {
  try {
    const names = await readdir(join(out, 'cells'));
    return names.filter((name) => name.endsWith('.json')).sort();
  } catch {
    return [];
  }
}

/** Waits until so many cells are there. */
export async function cellsReach(out: string, count: number): Promise<void> {
  for (let look = 0; look < 1200; look++) {
    if ((await cellsIn(out)).length >= count) return;
    await sleep(50);
  }
  throw new Error(`${out} did not come to ${count} cells in a minute`);
}

export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

export interface RedisServer {
  readonly url: string;
  readonly kill: () => void;
}

/** A server that keeps nothing on disk and ends with the test. */
export async function startRedis(t: ExecutionContext, dir: string): Promise<RedisServer> {
  const port = await freePorts(1);
  const data = join(dir, 'redis');
  await mkdir(data, { recursive: true });
  const flags = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', [...flags.map(String), '--dir', data], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const closed = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  await new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve();
    });
    child.once('close', (code) => {
      reject(new Error(`redis-server ended with ${String(code)}`));
    });
  });
  return { url: `redis://127.0.0.1:${port}`, kill: () => child.kill('SIGKILL') };
}
