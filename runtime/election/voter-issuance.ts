/**
 * How an authority makes the list of voters, `voters.json` in its directory: the first of three,
 * five or seven, each later one with one voter more or one less, for any two majorities of lists in
 * use must have a voter in common (`src/election/voters.ts`). So between two odd sizes there is an
 * even one for as long as it takes.
 *
 * Invariants: the version is one more than that of the list before; every voter has a certificate
 * of this authority that is neither expired nor revoked. Called inside `lockAuthority`.
 */
import { join } from 'node:path';
import { hexOf } from '../../host/words.ts';
import { idsIn } from '../../src/codec/election.ts';
import { VOTERS_MAX } from '../../src/limits.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { UsageError } from '../failure.ts';
import { fileExists, writeWhole } from '../files.ts';
import { plainSerial, readLeaf, validity } from '../identity/certificate.ts';
import { findIssued, readIndex } from '../identity/issued.ts';
import type { Issued } from '../identity/issued.ts';
import { certificateIn, readRevocations } from '../identity/revocations.ts';
import type { ListSigner } from '../identity/revocations.ts';
import { faultOfCount, packedOf } from './voter-list.ts';
import { readVoters, signVoters, textOfVoters } from './voter-list.ts';

export function votersFile(authorityDir: string): string {
  return join(authorityDir, 'voters.json');
}

/** The newest list of an authority; nothing when it has signed none. */
export async function lastVoters(signer: ListSigner): Promise<WireVoters | undefined> {
  const path = votersFile(signer.dir);
  return (await fileExists(path)) ? await readVoters(path, signer.certificate) : undefined;
}

/**
 * Signs the next list and puts it into the directory of the authority.
 *
 * @param selectors node ids, serial numbers or certificate files
 * @throws UsageError when they cannot be the next list
 */
export async function issueVoters(
  signer: ListSigner,
  selectors: readonly string[],
  nowMs: number = Date.now(),
): Promise<WireVoters> {
  const index = await readIndex(signer.dir);
  const { entries } = await readRevocations(signer);
  const revoked = new Set(entries.map(({ serial }) => serial));
  const ids: string[] = [];
  for (const selector of selectors) {
    const id = await idOf(signer, index, selector, (serial, notAfterMs) => {
      return !revoked.has(serial) && notAfterMs > nowMs;
    });
    if (ids.includes(id)) throw new UsageError(`${selector} is named twice: name each voter once`);
    ids.push(id);
  }
  const last = await lastVoters(signer);
  const next = last === undefined ? firstOf(ids) : nextOf(last, ids);
  const list = signVoters(next, signer);
  await writeWhole(votersFile(signer.dir), textOfVoters(list), 0o644);
  return list;
}

function firstOf(ids: readonly string[]): Pick<WireVoters, 'version' | 'ids'> {
  const fault = faultOfCount(ids.length);
  if (fault !== undefined) throw new UsageError(fault);
  return { version: 1, ids: packedOf(ids) };
}

/** Who stays keeps the place. */
function nextOf(last: WireVoters, ids: readonly string[]): Pick<WireVoters, 'version' | 'ids'> {
  const before = idsIn(last).map(hexOf);
  const stays = before.filter((id) => ids.includes(id));
  const added = ids.filter((id) => !before.includes(id));
  if (before.length - stays.length + added.length !== 1) {
    throw new UsageError(
      `a list changes by one voter at a time: take list ${last.version} ` +
        `(${before.map((id) => id.slice(0, 8)).join(', ')}), and add one or leave one out`,
    );
  }
  if (ids.length < 3 || ids.length > VOTERS_MAX) {
    throw new UsageError(faultOfCount(ids.length) ?? '');
  }
  return { version: last.version + 1, ids: packedOf([...stays, ...added]) };
}

/** @param isGood whether a certificate with that serial number and end can be used */
async function idOf(
  signer: ListSigner,
  index: readonly Issued[],
  selector: string,
  isGood: (serial: string, notAfterMs: number) => boolean,
): Promise<string> {
  const [named] = findIssued(index, selector);
  const given = named === undefined ? await givenIn(signer, selector) : undefined;
  const id = named?.nodeId ?? given?.id ?? '';
  const all = [
    ...findIssued(index, id).map(({ serial, notAfter }) => ({
      serial,
      notAfterMs: Date.parse(notAfter),
    })),
    ...(given === undefined ? [] : [given]),
  ];
  if (all.some(({ serial, notAfterMs }) => isGood(serial, notAfterMs))) return id;
  throw new UsageError(
    `${selector} has no certificate that is valid, all are revoked or expired: name another node`,
  );
}

async function givenIn(
  signer: ListSigner,
  path: string,
): Promise<{ readonly id: string; readonly serial: string; readonly notAfterMs: number }> {
  const certificate = await certificateIn(path, signer);
  const leaf = readLeaf(certificate);
  if (!leaf.ok) throw new UsageError(`${path} is no node certificate: ${leaf.reason}`);
  const serial = plainSerial(certificate.serialNumber);
  return { id: leaf.nodeIdHex, serial, notAfterMs: validity(certificate).notAfterMs };
}
