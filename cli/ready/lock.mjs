// One process at a time installs or builds. The lock is the folder .orrery/ready.lock with a file
// that names its owner and is touched every second. Making a folder is atomic, so it decides who
// holds the lock.
//
// A lock is dead when its owner is a process of this machine that no longer runs, or when it was
// not touched for 15 s of our own waiting. To take over a dead lock one makes the folder `steal`
// inside it (atomic again) and then looks once more whether the owner is still the dead one; so two
// waiters never both take it over.
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const TOUCH_EVERY_MS = 1_000;
const SILENCE_MS = 15_000;
const POLL_MS = 100;
const WAIT_MAX_MS = 15 * 60_000;

/** Runs `work` while holding the lock and returns its result. */
export async function withLock(root, work) {
  const folder = join(root, '.orrery', 'ready.lock');
  const token = randomUUID();
  await acquire(folder, token);
  const touching = setInterval(() => {
    touch(folder);
  }, TOUCH_EVERY_MS);
  const release = () => {
    clearInterval(touching);
    removeLock(folder, token);
  };
  process.once('exit', release);
  const endOnSignal = (signal) => process.exit(signal === 'SIGINT' ? 130 : 143);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, endOnSignal);
  try {
    return await work();
  } finally {
    release();
    process.removeListener('exit', release);
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, endOnSignal);
  }
}

async function acquire(folder, token) {
  mkdirSync(join(folder, '..'), { recursive: true });
  const startedAt = performance.now();
  let told = false;
  let lastSeen = { mark: '', atMs: startedAt };
  while (!tryMake(folder)) {
    const owner = readOwner(folder);
    const mark = `${owner?.token ?? ''} ${touchedAt(folder)}`;
    if (mark !== lastSeen.mark) lastSeen = { mark, atMs: performance.now() };
    const silentMs = performance.now() - lastSeen.atMs;
    if ((isGone(owner) || silentMs > SILENCE_MS) && trySteal(folder, owner)) break;
    if (!told) console.error('ready: waiting for another process that installs or builds here ...');
    told = true;
    if (performance.now() - startedAt > WAIT_MAX_MS) {
      throw new Error(
        `another process has held the lock for too long: end it, or remove ${folder}`,
      );
    }
    await pause(POLL_MS);
  }
  writeFileSync(ownerPath(folder), JSON.stringify({ pid: process.pid, host: hostname(), token }));
  rmSync(join(folder, 'steal'), { recursive: true, force: true });
}

function tryMake(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** True when we now hold the lock that `dead` held (undefined: a lock without an owner's file). */
function trySteal(folder, dead) {
  const steal = join(folder, 'steal');
  try {
    mkdirSync(steal);
  } catch {
    return false; // somebody else is taking it over, or it has just been released
  }
  if (existsSync(folder) && readOwner(folder)?.token === dead?.token) return true;
  try {
    rmdirSync(steal);
  } catch {
    // released together with the lock
  }
  return false;
}

/** Renamed first: nobody sees a lock half removed. A lock taken over by another stays. */
function removeLock(folder, token) {
  if (readOwner(folder)?.token !== token) return;
  const aside = `${folder}.${token}`;
  try {
    renameSync(folder, aside);
  } catch {
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}

function isGone(owner) {
  if (owner === undefined || owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function touch(folder) {
  const now = new Date();
  try {
    utimesSync(ownerPath(folder), now, now);
  } catch {
    // taken over by another process: nothing to keep alive
  }
}

function touchedAt(folder) {
  try {
    return statSync(ownerPath(folder)).mtimeMs;
  } catch {
    return 0;
  }
}

function readOwner(folder) {
  try {
    return JSON.parse(readFileSync(ownerPath(folder), 'utf8'));
  } catch {
    return undefined;
  }
}

function ownerPath(folder) {
  return join(folder, 'owner.json');
}
