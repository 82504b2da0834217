/**
 * Opening the database of records, also when its files are damaged: LevelDB mends what it can, and
 * a database that it cannot mend is moved aside, because a node without records is refilled by its
 * peers and one that does not start is of no use to anybody. Damaged files are set aside in a
 * directory beside it, which the log names; nobody but the operator deletes it.
 *
 * Rule: only damage is mended or moved. What the operator can put right (another process, a missing
 * permission, a full disk) is a UsageError, and the files stay as they are.
 */
import { existsSync } from 'node:fs';
import { copyFile, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { DISK_CACHE_BYTES, DISK_LOG_BYTES } from '../bounds.ts';
import { systemCode, UsageError } from '../failure.ts';
import { makePrivateDirectory } from '../files.ts';
import { reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import { damagedLogs, isDamaged } from './log-check.ts';

export type Database = ClassicLevel<Uint8Array, Uint8Array>;

export interface Opened {
  readonly db: Database;
  /** Whether LevelDB had to mend it, so that entries may be missing. */
  readonly mended: boolean;
}

/** @throws UsageError when it is in use, or cannot be used for a reason other than damage */
export async function openDatabase(location: string, log: Log): Promise<Opened> {
  await makePrivateDirectory(location);
  try {
    if (await lacksStart(location)) throw new Error('the file CURRENT is missing');
    const damaged = await setLogsAside(location, log);
    return { db: await openPlainly(location), mended: damaged };
  } catch (error) {
    return { db: await mendDatabase(location, error, log), mended: true };
  }
}

/**
 * Copies damaged logs, of which LevelDB takes what it can and deletes the rest. Where there is no
 * room for the copies beside what LevelDB needs, there are none: they would keep the node from
 * starting, and be made anew at each try.
 */
async function setLogsAside(location: string, log: Log): Promise<boolean> {
  const names = await damagedLogs(location);
  if (names.length === 0) return false;
  const copiedTo = (await copiedLogs(location, names)) ?? 'nowhere: there is no room';
  log.error(
    { copiedTo, logs: names.join(' ') },
    'values that were written last are damaged on disk: what can be read is kept',
  );
  return true;
}

/** @returns where they were copied to; nothing when there is no room for that */
async function copiedLogs(location: string, names: readonly string[]): Promise<string | undefined> {
  const copiedTo = placeBeside(location);
  try {
    const sizes = await Promise.all(names.map((name) => stat(join(location, name))));
    const copies = sizes.reduce((sum, { size }) => sum + size, 0);
    if (!(await hasRoom(location, copies))) return undefined;
    await makePrivateDirectory(copiedTo);
    for (const name of names) await copyFile(join(location, name), join(copiedTo, name));
    return copiedTo;
  } catch {
    await rm(copiedTo, { recursive: true, force: true }).catch(() => undefined);
    return undefined;
  }
}

/** The database as it is, or an error of LevelDB. */
export async function openPlainly(location: string): Promise<Database> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(location, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: DISK_LOG_BYTES,
    cacheSize: DISK_CACHE_BYTES,
  });
  await db.open();
  return db;
}

/**
 * What LevelDB can save of a closed database; an empty one when that is nothing.
 *
 * @param cause what showed the damage
 * @throws UsageError when there is no room to mend it, or for a reason other than damage
 */
export async function mendDatabase(location: string, cause: unknown, log: Log): Promise<Database> {
  refuseTrouble(location, cause);
  if (!(await hasRoom(location))) {
    throw new UsageError(`${location} is damaged and the disk too full to mend it: make room`);
  }
  log.warn({ location, reason: damageOf(cause) }, 'the records on disk are damaged: mending them');
  try {
    await ClassicLevel.repair(location);
    await setLostAside(location, log);
    return await openPlainly(location);
  } catch (error) {
    return await startAfresh(location, error, log);
  }
}

/**
 * Keeps the files that LevelDB could not read to their end: what it took from them is in new ones.
 * It puts them into `lost`, beside logs and manifests that it has no more use for.
 */
async function setLostAside(location: string, log: Log): Promise<void> {
  const lost = join(location, 'lost');
  const movedTo = placeBeside(location);
  try {
    const files: string[] = [];
    for (const name of await readdir(lost).catch(() => [])) {
      const path = join(lost, name);
      // A manifest has the form of a log; a table comes here only when it is damaged.
      const isSpent = /\.log$|^MANIFEST/.test(name) && !isDamaged(await readFile(path));
      if (isSpent) continue;
      if (files.length === 0) await makePrivateDirectory(movedTo);
      await rename(path, join(movedTo, name));
      files.push(name);
    }
    await rm(lost, { recursive: true, force: true });
    if (files.length === 0) return;
    log.error(
      { movedTo, files: files.join(' ') },
      'files of the records are damaged: what could be read of them is kept',
    );
  } catch (error) {
    // No reason not to start: what was not moved stays where it is.
    log.error({ lost, movedTo, reason: reasonOf(error) }, 'damaged files could not be set aside');
  }
}

/** Where damaged files of a database go: a name that is free. */
function placeBeside(location: string): string {
  let time = Date.now();
  while (existsSync(`${location}.damaged-${time}`)) time += 1;
  return `${location}.damaged-${time}`;
}

/**
 * Moves a closed database that cannot be mended away, and opens an empty one in its place.
 *
 * @throws UsageError when it cannot be used for a reason other than damage
 */
export async function startAfresh(location: string, cause: unknown, log: Log): Promise<Database> {
  refuseTrouble(location, cause);
  const movedTo = placeBeside(location);
  await rename(location, movedTo);
  await makePrivateDirectory(location);
  log.error(
    { movedTo, reason: damageOf(cause) },
    'the records on disk are damaged beyond mending: they were moved away, the node starts empty',
  );
  return await openPlainly(location);
}

/**
 * Whether LevelDB has room to turn its logs into tables, as it does whenever it is opened.
 *
 * @param besides bytes that something else is about to take
 */
async function hasRoom(location: string, besides = 0): Promise<boolean> {
  let needed = SPARE_BYTES + besides;
  for (const name of await readdir(location)) {
    if (name.endsWith('.log')) needed += (await stat(join(location, name))).size;
  }
  const { bavail, bsize } = await statfs(location);
  return bavail * bsize >= needed;
}

/**
 * Whether the database could be opened anew: there is room, its directory can be written, and
 * enough descriptors are free.
 *
 * @throws when it could not
 */
export async function tryWriting(location: string): Promise<void> {
  if (!(await hasRoom(location))) throw new Error('the disk is full');
  const path = join(location, PROBE);
  const files: FileHandle[] = [];
  try {
    for (let count = 0; count < FILES_OF_OPENING; count++) files.push(await open(path, 'w'));
    await files[0]?.writeFile(new Uint8Array(SPARE_BYTES));
    await files[0]?.sync();
  } finally {
    for (const file of files) await file.close();
    await rm(path, { force: true });
  }
}

/** Whether bytes on disk are not those that were written, which trying again does not change. */
export function isDamage(error: unknown): boolean {
  return systemCode(causeOf(error)) === 'LEVEL_CORRUPTION';
}

/** Without its CURRENT, LevelDB would take the directory for a new one and delete what is there. */
async function lacksStart(location: string): Promise<boolean> {
  const names = await readdir(location);
  return !names.includes('CURRENT') && names.some((name) => /\.(ldb|log)$|^MANIFEST/.test(name));
}

function refuseTrouble(location: string, error: unknown): void {
  const cause = causeOf(error);
  if (systemCode(cause) === 'LEVEL_LOCKED') {
    throw new UsageError(
      `${location} is in use by another process: stop that node or give --data another directory`,
    );
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  if (TROUBLE.test(why)) throw new UsageError(`${location} cannot be opened: ${why}`);
}

function damageOf(error: unknown): string {
  return reasonOf(causeOf(error));
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? (error.cause ?? error) : error;
}

/** In the words of the system, which LevelDB passes on: not the fault of the bytes on disk. */
const TROUBLE = /permission|space|quota|read-only|too many|allocate|denied|not supported/i;
/** For all that LevelDB writes beside its logs. */
const SPARE_BYTES = 16 * 1024;
/** A name that means nothing to LevelDB. */
const PROBE = 'orrery-probe';
/** Lock, manifest and log, those that it only looks into, and some to spare. */
const FILES_OF_OPENING = 8;
