/**
 * One holder at a time among processes of one machine: a lock directory.
 *
 * The directory is filled under another name and then renamed into place, which fails while a lock
 * is there; so a lock is never seen without its owner's note. A lock whose owner died is broken by
 * one process only: to break it a process must first create a name made of that lock's own nonce,
 * then look again. A slow breaker therefore finds another nonce and leaves the new lock alone.
 *
 * Invariants: only the owner, or the single breaker of a dead owner, removes a lock; a lock of
 * another machine (a shared file system) is never judged dead; waiting has a deadline.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode, UsageError } from './failure.ts';

/** Runs `act` while holding the lock directory at `path`, whose parent must exist. */
export async function withLock<T>(path: string, act: () => Promise<T>): Promise<T> {
  const nonce = randomBytes(8).toString('hex');
  const deadlineMs = performance.now() + LOCK_WAIT_MS;
  let pauseMs = PAUSE_MS_MIN;
  while (!(await tryAcquire(path, nonce))) {
    await breakIfDead(path);
    if (performance.now() > deadlineMs) {
      throw new UsageError(`${path} is held by another process: wait for it, or remove ${path}`);
    }
    await delay(randomInt(pauseMs, 2 * pauseMs));
    pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs);
  }
  try {
    return await act();
  } finally {
    await removeDirectory(path, nonce);
  }
}

interface Owner {
  readonly nonce: string;
  readonly pid: number;
  readonly host: string;
  /** Tells two lives of one process number apart: in a container each life has number 1. */
  readonly startedMs: number;
}

async function tryAcquire(path: string, nonce: string): Promise<boolean> {
  const filled = `${path}.${nonce}.new`;
  const owner: Owner = { nonce, pid: process.pid, host: hostname(), startedMs: startedMs() };
  try {
    await mkdir(filled, { mode: 0o700 });
    await writeFile(join(filled, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
  } catch (error) {
    await rm(filled, { recursive: true, force: true });
    throw cannotLock(path, error);
  }
  try {
    await rename(filled, path);
    return true;
  } catch (error) {
    await rm(filled, { recursive: true, force: true });
    if (HELD_CODES.includes(systemCode(error))) return false;
    throw cannotLock(path, error);
  }
}

function cannotLock(path: string, error: unknown): UsageError {
  return new UsageError(
    `no lock can be made in ${dirname(path)}: ${systemCode(error) || String(error)}`,
  );
}

async function breakIfDead(path: string): Promise<void> {
  const seen = await readOwner(path);
  if (seen === undefined || isAlive(seen)) return;
  const claim = `${path}.${seen.nonce}.break`;
  try {
    await mkdir(claim);
  } catch {
    return;
  }
  const current = await readOwner(path);
  if (current?.nonce === seen.nonce) await removeDirectory(path, `${seen.nonce}.dead`);
  await rm(claim, { recursive: true, force: true });
}

/** Moves the lock out of the way first: a half-removed directory must not look like a lock. */
async function removeDirectory(path: string, suffix: string): Promise<void> {
  const aside = `${path}.${suffix}.old`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw cannotLock(path, error);
  }
  await rm(aside, { recursive: true, force: true });
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(join(path, OWNER_FILE), 'utf8'));
    return isOwner(note) ? note : undefined;
  } catch {
    return undefined;
  }
}

function isOwner(note: unknown): note is Owner {
  if (typeof note !== 'object' || note === null) return false;
  if (!('nonce' in note && 'pid' in note && 'host' in note && 'startedMs' in note)) return false;
  return (
    typeof note.nonce === 'string' &&
    /^[0-9a-f]{16}$/.test(note.nonce) &&
    Number.isInteger(note.pid) &&
    typeof note.host === 'string' &&
    typeof note.startedMs === 'number'
  );
}

function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid) return Math.abs(owner.startedMs - startedMs()) < SAME_START_MS;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

function startedMs(): number {
  return Date.now() - process.uptime() * 1000;
}

const OWNER_FILE = 'owner.json';
/** Dozens of nodes that start at once on two cores come to their turn in this. */
const LOCK_WAIT_MS = 60_000;
/** Between two attempts, longer each time: dozens that try all the time leave no time to act. */
const PAUSE_MS_MIN = 5;
const PAUSE_MS_MAX = 160;
const SAME_START_MS = 2_000;
/** What systems answer when a directory is renamed onto one that is there and not empty. */
const HELD_CODES =
  process.platform === 'win32'
    ? ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']
    : ['ENOTEMPTY', 'EEXIST'];
