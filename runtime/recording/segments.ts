/**
 * The files of a recording: `NAME.0001.EXT`, `NAME.0002.EXT`, … beside one another, each a segment
 * (`host/recording/form.ts`) packed by gzip. The newest is written, the oldest go when there are
 * more bytes than allowed.
 *
 * A file is flushed about once a second, so a node that is killed loses no more than that; what is
 * there can be unpacked as far as it goes. An empty file is one that a node made which was killed
 * before it started; its number is used again. Invariant: a fault of the disk ends the recording
 * with one line in the log, never the node.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';
import type { Gzip } from 'node:zlib';
import { segmentPath } from '../../host/recording/form.ts';
import { systemCode, UsageError } from '../failure.ts';

/** What a recording is called in the data directory of its node. */
export const DEFAULT_NAME = 'recording.orrec';

/** The segments that a recording of this path has, in order. */
export async function segmentsAt(path: string): Promise<readonly string[]> {
  return (await numbered(path)).map(({ file }) => file);
}

/**
 * The files of a recording, in order; the path may be that of one segment.
 *
 * @throws UsageError when there is none
 */
export async function segmentsOf(path: string): Promise<readonly string[]> {
  if (await isFolder(path)) return await segmentsOf(join(path, DEFAULT_NAME));
  const all = (await numbered(path)).filter(({ size }) => size > 0);
  if (all.length > 0) return all.map(({ file }) => file);
  if ((await sizeOf(path)) !== undefined) return [path];
  throw new UsageError(
    `there is no recording ${path}: neither ${basename(segmentPath(path, 1))} nor that file itself`,
  );
}

/** What could be unpacked of a segment. */
export interface Unpacked {
  readonly words: Int32Array;
  /** What is wrong with the file, if it is damaged; one that ends early is not. */
  readonly fault: string | undefined;
}

/** @throws UsageError when not a word can be unpacked */
export async function readSegment(file: string): Promise<Unpacked> {
  let { bytes, error } = await unpack(file, PIECE_BYTES);
  // Of the piece that is damaged nothing comes out: the smaller, the more before it.
  if (error !== undefined) ({ bytes, error } = await unpack(file, SMALL_PIECE_BYTES));
  const words = new Int32Array(bytes.length >> 2);
  const code = systemCode(error);
  if (error !== undefined && words.length === 0) {
    throw new UsageError(`${file} is no recording: ${code}`);
  }
  for (let i = 0; i < words.length; i++) words[i] = bytes.readInt32LE(4 * i);
  return { words, fault: error === undefined ? undefined : `${file} is damaged: ${code}` };
}

async function unpack(
  file: string,
  highWaterMark: number,
): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const chunks: Buffer[] = [];
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  // Not as an iterable: what an error finds unread would be lost.
  gunzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const error: unknown = await pipeline(createReadStream(file, { highWaterMark }), gunzip).catch(
    (fault: unknown) => fault,
  );
  return { bytes: Buffer.concat(chunks), error };
}

/**
 * Makes the folder of a recording and sees that it can be written.
 *
 * @returns the number of the last segment there, of an earlier life of the node; 0 for none
 * @throws UsageError when it cannot be written
 */
export async function prepareSegments(path: string): Promise<number> {
  if (await isFolder(path)) {
    throw new UsageError(
      `--record ${path} is a folder: name a file in it, as in ${path}/node.orrec`,
    );
  }
  const last = (await numbered(path)).findLast(({ size }) => size > 0)?.number ?? 0;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(segmentPath(path, last + 1), '', { mode: 0o600 });
  } catch (error) {
    throw new UsageError(`--record ${path} cannot be written: ${systemCode(error)}`);
  }
  return last;
}

/**
 * Removes the oldest segments until the rest fits; the newest stays whatever its size.
 *
 * @throws what the disk says when one cannot be removed
 */
export async function trimSegments(path: string, bytesMax: number): Promise<void> {
  const all = await numbered(path);
  let bytes = all.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of all.slice(0, -1)) {
    if (bytes <= bytesMax) return;
    await rm(file, { force: true });
    bytes -= size;
  }
}

/** Removes one; whatever the disk says to it, for the node that asks has its own reason to end. */
export async function removeSegment(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => undefined);
}

/** One segment that is being written. */
export class SegmentFile {
  readonly #gzip: Gzip;
  readonly #file: WriteStream;
  readonly #done: Promise<void>;

  /**
   * @param isThere whether the file was made for it; one that was not is another node's
   * @param onFault told once, when the file can be written no more
   */
  constructor(file: string, isThere: boolean, onFault: (error: unknown) => void) {
    this.#gzip = createGzip({ level: 1 });
    this.#file = createWriteStream(file, { mode: 0o600, flags: isThere ? 'w' : 'wx' });
    this.#gzip.pipe(this.#file);
    this.#gzip.on('error', () => undefined);
    this.#done = finished(this.#file).catch(onFault);
  }

  /** Bytes that wait to be packed and written. */
  get waiting(): number {
    return this.#gzip.writableLength + this.#file.writableLength;
  }

  /** The words belong to the file from here on. */
  write(words: Int32Array): void {
    const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
    this.#gzip.write(endianness() === 'LE' ? bytes : bytes.swap32());
  }

  /** What was written so far can be read from the file soon. */
  flush(): void {
    this.#gzip.flush(constants.Z_SYNC_FLUSH);
  }

  async close(): Promise<void> {
    this.#gzip.end();
    await this.#done;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

interface Numbered {
  readonly file: string;
  readonly number: number;
  readonly size: number;
}

async function numbered(path: string): Promise<readonly Numbered[]> {
  const ext = extname(path);
  const stem = `${basename(path, ext)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  const found: Numbered[] = [];
  for (const name of names) {
    const number = name.slice(stem.length, name.length - ext.length);
    if (!name.startsWith(stem) || !name.endsWith(ext) || !/^\d{4,}$/.test(number)) continue;
    const file = join(dirname(path), name);
    found.push({ file, number: Number(number), size: (await sizeOf(file)) ?? 0 });
  }
  // Names do not sort as numbers do once there are ten thousand.
  return found.toSorted((a, b) => a.number - b.number);
}

async function sizeOf(file: string): Promise<number | undefined> {
  return await stat(file).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  );
}

const PIECE_BYTES = 65_536;
const SMALL_PIECE_BYTES = 256;
