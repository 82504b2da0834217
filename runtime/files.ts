/**
 * Files that must be whole, and files that must be secret.
 *
 * A file is written beside its place, synced and renamed, so a reader sees the old bytes or the new
 * ones and never a part. Secrets are created with mode 0600 and refused when a group or others may
 * touch them. Windows has no such modes: there a file is protected by the access list that it
 * inherits from its folder, and the mode check is left out.
 *
 * Invariant: a failure to read or write becomes a UsageError of one line, or its caller makes one.
 */
import { randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemCode, UsageError } from './failure.ts';

/** What a file is for, in the words of its reader. */
export interface FileUse {
  /** A noun, such as "the certificate". */
  readonly what: string;
  /** What to do when the file is missing. */
  readonly hint: string;
  readonly secret?: boolean;
}

/** The text of a file; refused when missing, too long or, for a secret, readable by others. */
export async function readWhole(path: string, use: FileUse): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    // The opened file is examined, not its name: nobody can swap it between check and read.
    const stat = await handle.stat();
    if (!stat.isFile()) throw new UsageError(`${path} is not a file: name ${use.what} instead`);
    if (use.secret === true && isPosix && (stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
      throw new UsageError(
        `${use.what} ${path} has mode ${mode}, others may read it: run "chmod 600 ${path}"`,
      );
    }
    if (stat.size > FILE_BYTES_MAX) {
      throw new UsageError(`${path} is over ${FILE_BYTES_MAX} bytes: this is not ${use.what}`);
    }
    return await handle.readFile('utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (systemCode(error) === 'ENOENT') {
      throw new UsageError(`${use.what} ${path} is missing: ${use.hint}`);
    }
    throw new UsageError(`${use.what} ${path} cannot be read: ${fileFault(error)}`);
  } finally {
    await handle?.close();
  }
}

/**
 * What stands at the start of a file, of which one of ours holds no more, byte for byte.
 *
 * @throws the system's error when it cannot be read, or is not there
 */
export async function textAtStart(path: string, bytesMax: number): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(bytesMax + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** A JSON object in a text; nothing when it holds anything else. Never throws. */
export function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(text);
    const isObject = typeof read === 'object' && read !== null;
    return isObject ? (read as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** Puts the whole text in place at once, durably; `mode` holds for the file whatever was there. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`,
  );
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameOver(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UsageError(`${path} cannot be written: ${fileFault(error)}`);
  }
}

/** A private key as text, for `writeWhole` with mode 0600 and for node:tls. */
export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Makes a directory, with those above it, that only its owner may enter; an existing one stays. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await makeDirectory(path, 0o700);
}

/** Makes a directory, with those above it; an existing one stays. */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  try {
    await makeLevels(resolve(path), mode);
  } catch (error) {
    throw new UsageError(`the directory ${path} cannot be made: ${fileFault(error)}`);
  }
}

/**
 * Level by level, because Node's own recursion never ends where a file system answers ENOENT to
 * everything, as /proc does.
 */
async function makeLevels(path: string, mode: number): Promise<void> {
  if ((await makeLevel(path, mode)) === 'made') return;
  await makeLevels(dirname(path), mode);
  if ((await makeLevel(path, mode)) !== 'made') throw new Error('it cannot be created there');
}

async function makeLevel(path: string, mode: number): Promise<'made' | 'no parent'> {
  try {
    await mkdir(path, { mode });
    return 'made';
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && dirname(path) !== path) return 'no parent';
    if (systemCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return 'made';
    throw error;
  }
}

export async function fileExists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** The names in a directory in order, without unfinished writes; none when it is not there. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    const names = await readdir(path);
    return names.filter((name) => !name.endsWith(TEMPORARY_SUFFIX)).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new UsageError(`the directory ${path} cannot be read: ${fileFault(error)}`);
  }
}

/** Windows refuses to replace a file that a scanner holds open for a moment: try again. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const passing = ['EPERM', 'EACCES', 'EBUSY'].includes(systemCode(error));
      if (isPosix || !passing || attempt === RENAME_ATTEMPTS_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * 20));
    }
  }
}

/** Makes the rename itself durable. Windows cannot open directories; its journal keeps renames. */
async function syncDirectory(path: string): Promise<void> {
  if (!isPosix) return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Why a file or directory could not be used, in words instead of the system's code. */
export function fileFault(error: unknown): string {
  const code = systemCode(error);
  if (code === '') return error instanceof Error ? error.message : String(error);
  return FAULTS.get(code) ?? code;
}

const isPosix = process.platform !== 'win32';
const FAULTS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or directory'],
  ['EISDIR', 'it is a directory'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ENOSPC', 'the disk is full'],
  ['ENOTDIR', 'a file stands where a directory should be'],
  ['EEXIST', 'a file stands where a directory should be'],
  ['EROFS', 'the file system is read-only'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ELOOP', 'its links lead in a circle'],
]);
const TEMPORARY_SUFFIX = '.part';
const RENAME_ATTEMPTS_MAX = 8;
/** A revocation list takes about 45 bytes per entry, so this holds some 350,000 of them. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
