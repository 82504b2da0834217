/**
 * Reads the files that a latency and a churn model name: unpacks what is packed (known by gzip's
 * first two bytes, whatever the name), takes the SHA-256 of the unpacked bytes, checks and parses.
 * A spec that comes with a SHA-256 (from an earlier result) must find the same bytes again.
 *
 * What is wrong with a file is a MaterialFault: one line that begins with its path.
 */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parseSessionCdf } from '../churn/cdf.ts';
import { parseSurvival } from '../churn/survival.ts';
import { parseMatrix } from '../latency/matrix.ts';
import type { Materials } from '../materials.ts';
import type { ChurnSpec, FileRef, LatencySpec } from '../options.ts';
import type { Parsed } from '../specs.ts';

export class MaterialFault extends Error {}

export interface Gathered {
  readonly latency: LatencySpec;
  readonly churn: ChurnSpec;
  readonly materials: Materials;
}

/**
 * @param baseDir where relative paths begin
 * @returns the specs with the SHA-256 of their files, and what is in them
 * @throws MaterialFault
 */
export async function readMaterials(
  latency: LatencySpec,
  churn: ChurnSpec,
  baseDir: string,
): Promise<Gathered> {
  let gathered: Gathered = { latency, churn, materials: {} };
  if (latency.type === 'matrix') {
    const { text, sha256 } = await readText(latency, baseDir);
    const matrix = accept(latency, parseMatrix(text, latency));
    gathered = { latency: { ...latency, sha256 }, churn, materials: { matrix } };
  }
  if (churn.type === 'cdf' || churn.type === 'survival') {
    const { text, sha256 } = await readText(churn, baseDir);
    const curve = churn.type === 'cdf' ? parseSessionCdf(text, churn.column) : parseSurvival(text);
    const materials = { ...gathered.materials, sessions: accept(churn, curve) };
    gathered = { ...gathered, churn: { ...churn, sha256 }, materials };
  }
  return gathered;
}

/** Bytes of a file, packed or not; the largest known matrices of this kind have a few MB. */
const BYTES_MAX = 256 * 1024 * 1024;

const inflate = promisify(gunzip);

async function readText(
  ref: FileRef,
  baseDir: string,
): Promise<{ readonly text: string; readonly sha256: string }> {
  const bytes = await unpacked(ref.file, await readBytes(ref.file, resolve(baseDir, ref.file)));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (ref.sha256 !== '' && ref.sha256 !== sha256) {
    throw new MaterialFault(
      `${ref.file}: not the file of the earlier run: its SHA-256 is ${sha256}, not ${ref.sha256}`,
    );
  }
  return { text: bytes.toString('utf8'), sha256 };
}

async function readBytes(file: string, path: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new MaterialFault(`${file}: not a file`);
    if (found.size > BYTES_MAX) throw tooLarge(file);
    return await readFile(path);
  } catch (error) {
    if (error instanceof MaterialFault) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new MaterialFault(`${file}: no such file (looked for ${path})`);
    if (code === 'EACCES') throw new MaterialFault(`${file}: may not be read by this user`);
    throw new MaterialFault(`${file}: cannot be read: ${message}`);
  }
}

async function unpacked(file: string, bytes: Buffer): Promise<Buffer> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await inflate(bytes, { maxOutputLength: BYTES_MAX });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file);
    throw new MaterialFault(`${file}: damaged gzip file (${message})`);
  }
}

function tooLarge(file: string): MaterialFault {
  return new MaterialFault(`${file}: larger than ${BYTES_MAX / 1024 / 1024} MB`);
}

function accept<T>({ file }: FileRef, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new MaterialFault(`${file}: ${parsed.fault}`);
}
