/**
 * The revocation list of an authority: started empty, then only ever extended and signed anew.
 *
 * Nodes refuse every link when their list is past its next update (it fails closed), so a list has
 * a life of its own and is renewed halfway through it whenever the authority is used.
 *
 * Invariants: an entry never leaves the list, because a record outlives the certificate that signed
 * it; the number of a list is one more than that of the list before; a missing list is never
 * replaced by an empty one. Functions that write are called inside `lockAuthority`.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DAY_MS } from '../clock.ts';
import { UsageError } from '../failure.ts';
import { fileExists, readWhole, writeWhole } from '../files.ts';
import { isSignedBy, parsePem, plainSerial } from './certificate.ts';
import { findIssued, readIndex } from './issued.ts';
import type { Issued } from './issued.ts';
import { readRevocationList, signRevocationList } from './x509.ts';
import type { Revocation, RevocationList, RevocationReason } from './x509.ts';

/** What it takes to sign a list; an `Authority` is one. */
export interface ListSigner {
  readonly dir: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

export interface RevocationOutcome {
  /** Serial numbers that were added to the list. */
  readonly added: readonly string[];
  /** The certificates in use besides, whose nodes need the new list. */
  readonly toTell: readonly Issued[];
}

export function authorityFiles(dir: string): {
  readonly certificate: string;
  readonly key: string;
  readonly revoked: string;
} {
  return {
    certificate: join(dir, 'authority.crt'),
    key: join(dir, 'authority.key'),
    revoked: join(dir, 'revoked.crl'),
  };
}

export async function startRevocations(signer: ListSigner, nowMs: number): Promise<void> {
  await writeRevocations(signer, [], 1, LIST_DAYS, nowMs);
}

export async function readRevocations(signer: ListSigner): Promise<RevocationList> {
  const path = authorityFiles(signer.dir).revoked;
  const hint = 'restore the newest copy, from a backup or from the directory of a node';
  const text = await readWhole(path, { what: 'the revocation list', hint });
  const list = await readRevocationList(text, signer.certificate);
  if (typeof list === 'string') throw new UsageError(`${path} is not usable, ${list}: ${hint}`);
  return list;
}

/** Writes the next list, with the entries given added to those of the last. */
export async function extendRevocations(
  signer: ListSigner,
  added: readonly Revocation[],
  days: number = LIST_DAYS,
  nowMs: number = Date.now(),
): Promise<RevocationList> {
  checkedDays(days, LIST_DAYS_MIN, LIST_DAYS_MAX);
  const last = await readRevocations(signer);
  return await writeRevocations(signer, [...last.entries, ...added], last.number + 1, days, nowMs);
}

/** The newest list, signed anew when more than half of its life is over. */
export async function freshRevocations(
  signer: ListSigner,
  nowMs: number = Date.now(),
): Promise<RevocationList> {
  const list = await readRevocations(signer);
  const middleMs = (list.thisUpdateMs + list.nextUpdateMs) / 2;
  return nowMs < middleMs ? list : await extendRevocations(signer, [], LIST_DAYS, nowMs);
}

/** Revokes all certificates of a node id, the one of a serial number, or the one in a file. */
export async function revokeCertificates(
  signer: ListSigner,
  selector: string,
  reason: RevocationReason,
  nowMs: number = Date.now(),
): Promise<RevocationOutcome> {
  const index = await readIndex(signer.dir);
  const serials = await selectedSerials(signer, index, selector);
  const last = await readRevocations(signer);
  const known = new Set(last.entries.map((entry) => entry.serial));
  const added = serials.filter((serial) => !known.has(serial));
  if (added.length > 0) {
    const entries = added.map((serial) => ({ serial, atMs: nowMs, reason }));
    await extendRevocations(signer, entries, LIST_DAYS, nowMs);
  }
  const revoked = new Set([...known, ...added]);
  const toTell = index.filter(
    (issued) => !revoked.has(issued.serial) && Date.parse(issued.notAfter) > nowMs,
  );
  return { added, toTell };
}

export function checkedDays(days: number, min: number, max: number): number {
  if (Number.isInteger(days) && days >= min && days <= max) return days;
  throw new UsageError(`a validity of ${days} days is not allowed: take ${min} to ${max} days`);
}

/** The serial numbers of a node id, of themselves, or of the certificate in a file. */
export async function selectedSerials(
  signer: ListSigner,
  index: readonly Issued[],
  selector: string,
): Promise<string[]> {
  const found = findIssued(index, selector);
  if (found.length > 0) return found.map((issued) => issued.serial);
  const certificate = await certificateIn(selector, signer);
  return [plainSerial(certificate.serialNumber)];
}

/** A node's certificate in a file, which was named where an id or a serial number might be. */
export async function certificateIn(path: string, signer: ListSigner): Promise<X509Certificate> {
  if (!(await fileExists(path))) {
    throw new UsageError(
      `${path} is no node id, serial number or certificate file of this authority: ` +
        `"npx orrery ca show --dir ${signer.dir}" lists them`,
    );
  }
  const hint = 'name an existing file';
  const certificate = parsePem(await readWhole(path, { what: 'the certificate', hint }));
  if (certificate === undefined) {
    throw new UsageError(`${path} holds no certificate: name a .crt file, an id or a serial`);
  }
  if (certificate.ca || !isSignedBy(certificate, signer.certificate)) {
    throw new UsageError(`${path} is no node certificate of the authority in ${signer.dir}`);
  }
  return certificate;
}

async function writeRevocations(
  signer: ListSigner,
  entries: readonly Revocation[],
  number: number,
  days: number,
  nowMs: number,
): Promise<RevocationList> {
  const thisUpdateMs = nowMs - CLOCK_SKEW_MS;
  const nextUpdateMs = nowMs + days * DAY_MS;
  const pem = await signRevocationList({
    issuer: signer.certificate,
    signingKey: signer.key,
    thisUpdateMs,
    nextUpdateMs,
    number,
    entries,
  });
  await writeWhole(authorityFiles(signer.dir).revoked, pem, 0o644);
  return { pem, thisUpdateMs, nextUpdateMs, number, entries };
}

/** Certificates and lists start a little early, for nodes whose clocks run behind. */
export const CLOCK_SKEW_MS = 300_000;
const LIST_DAYS = 90;
const LIST_DAYS_MIN = 1;
const LIST_DAYS_MAX = 365;
