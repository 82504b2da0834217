/**
 * Snapshots as files: a line of JSON that says what this is, padded with spaces to whole words,
 * then the words, lowest byte first. Files that the run read are named in its options with their
 * SHA-256, and read again. Nothing of a snapshot is used before all of it has been checked.
 */

import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { SERIAL_VERSION } from '../../host/serial/words.ts';
import type { SimOptions } from '../options.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** The file cannot be used; says why and what to do. */
export class SnapshotFault extends Error {}

const KIND = 'orrery snapshot';
/** Raised whenever the layout of the file, or what a run keeps beside its nodes, changes. */
const FORMAT = 3;
const HEAD_BYTES_MAX = 64 * 2 ** 20;

interface Head {
  readonly kind: string;
  readonly format: number;
  readonly serial: number;
  readonly version: string;
  readonly options: SimOptions;
  readonly digest: string;
  readonly atUs: number;
  readonly afterMs: number;
  /** Words of the common section, then of each part's. */
  readonly sections: readonly number[];
  /** SHA-256 of the words. */
  readonly sha256: string;
}

/** Writes the file whole or not at all. */
export async function saveSnapshot(
  path: string,
  version: string,
  snapshot: Snapshot,
): Promise<void> {
  const sections = [snapshot.common, ...snapshot.parts];
  const { options, digest, atUs, afterMs } = snapshot;
  const head: Head = {
    ...{ kind: KIND, format: FORMAT, serial: SERIAL_VERSION, version, options },
    ...{
      digest,
      atUs,
      afterMs,
      sections: sections.map(({ length }) => length),
      sha256: sumOf(sections),
    },
  };
  const text = JSON.stringify(head);
  const bytes = Buffer.byteLength(text);
  const file = await open(`${path}.part`, 'w');
  try {
    await file.write(`${text}${' '.repeat(3 - (bytes % 4))}\n`);
    for (const words of sections) await writeAll(file, bytesOfWords(words));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}

/** @throws SnapshotFault when the file is not there, damaged, or another version's */
export async function loadSnapshot(path: string, version: string): Promise<Snapshot> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new SnapshotFault(`the snapshot ${path} cannot be read: ${why}`);
  });
  const end = bytes.subarray(0, HEAD_BYTES_MAX).indexOf('\n') + 1;
  const head = headOf(bytes.subarray(0, end).toString());
  if (head?.kind !== KIND) throw new SnapshotFault(`${path} is no snapshot of orrery sim`);
  const again = `make it again with this version: orrery sim … --snapshot ${path}`;
  if (head.format !== FORMAT || head.serial !== SERIAL_VERSION || head.version !== version) {
    const made = `was made by version ${head.version} of orrery, this is ${version}`;
    throw new SnapshotFault(`the snapshot ${path} ${made}: ${again}`);
  }
  const length = end + 4 * head.sections.reduce((sum, words) => sum + words, 0);
  if (bytes.length !== length) {
    throw new SnapshotFault(
      `the snapshot ${path} has ${bytes.length} bytes, ${length} were written: ${again}`,
    );
  }
  const sections = sectionsOf(bytes, end, head.sections);
  if (sumOf(sections) !== head.sha256) {
    throw new SnapshotFault(`the snapshot ${path} is damaged (its SHA-256 differs): ${again}`);
  }
  const [common, ...parts] = sections;
  if (common === undefined) throw new SnapshotFault(`${path} is no snapshot of orrery sim`);
  const { options, digest, atUs, afterMs } = head;
  return { options, digest, atUs, afterMs, common, parts };
}

function headOf(text: string): Head | undefined {
  try {
    return JSON.parse(text) as Head;
  } catch {
    return undefined;
  }
}

/** The words in memory of their own, aligned, and in this machine's order of bytes. */
function sectionsOf(bytes: Buffer, from: number, lengths: readonly number[]): Int32Array[] {
  let at = from;
  return lengths.map((words) => {
    const section = new Int32Array(words);
    new Uint8Array(section.buffer).set(bytes.subarray(at, at + 4 * words));
    at += 4 * words;
    return inOrder(section);
  });
}

/** Lowest byte first, whatever this machine does. */
export function bytesOfWords(words: Int32Array): Uint8Array {
  const ordered = inOrder(words);
  return new Uint8Array(ordered.buffer, ordered.byteOffset, ordered.byteLength);
}

/** Turns the bytes of each word round where the highest comes first. */
function inOrder(words: Int32Array): Int32Array {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) return words;
  const turned = Buffer.from(words.slice().buffer).swap32();
  return new Int32Array(turned.buffer, turned.byteOffset, words.length);
}

function sumOf(sections: readonly Int32Array[]): string {
  const sum = createHash('sha256');
  for (const words of sections) sum.update(bytesOfWords(words));
  return sum.digest('hex');
}

/** In pieces: one call takes less than 2 GiB. */
async function writeAll(
  file: { write(bytes: Uint8Array): Promise<{ bytesWritten: number }> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes.subarray(at, at + 2 ** 26));
    at += bytesWritten;
  }
}
