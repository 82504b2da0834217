/**
 * The index of an authority: every certificate that it ever signed, one JSON file each, named by
 * serial number. A file is written once and never changed; whether its certificate is revoked is
 * read from the revocation list.
 *
 * Invariant: one serial, one file. An id may have several certificates in the course of time, so a
 * selector that names an id stands for all of them.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../failure.ts';
import { makePrivateDirectory, namesIn, readWhole, writeWhole } from '../files.ts';

const issuedSchema = z.object({
  serial: z.string().regex(/^[0-9a-f]{1,40}$/),
  nodeId: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string(),
  addresses: z.array(z.string()),
  issuedAt: z.iso.datetime(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  /** The directory it was written to, as a help for the operator; empty when unknown. */
  issuedTo: z.string(),
  certificate: z.string(),
});

export type Issued = Readonly<z.infer<typeof issuedSchema>>;

export async function addToIndex(dir: string, issued: Issued): Promise<void> {
  await makePrivateDirectory(join(dir, FOLDER));
  const path = join(dir, FOLDER, `${issued.serial}.json`);
  await writeWhole(path, `${JSON.stringify(issued, undefined, 2)}\n`, 0o644);
}

/** All certificates, in the order in which they were issued. */
export async function readIndex(dir: string): Promise<Issued[]> {
  const names = (await namesIn(join(dir, FOLDER))).filter((name) => name.endsWith('.json'));
  const all: Issued[] = [];
  for (const name of names) all.push(await readIssued(join(dir, FOLDER, name)));
  return all.sort((a, b) => compareText(a.issuedAt, b.issuedAt) || compareText(a.serial, b.serial));
}

/** The certificates that a serial number or a node id stands for. */
export function findIssued(index: readonly Issued[], selector: string): Issued[] {
  const wanted = selector.toLowerCase();
  return index.filter((issued) => issued.nodeId === wanted || issued.serial === wanted);
}

async function readIssued(path: string): Promise<Issued> {
  const hint = 'run the command again';
  const text = await readWhole(path, { what: 'the index entry', hint });
  try {
    return issuedSchema.parse(JSON.parse(text));
  } catch {
    throw new UsageError(`the index entry ${path} is damaged: restore it from a backup`);
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const FOLDER = 'issued';
