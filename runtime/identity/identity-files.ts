/**
 * The four files of an identity, each checked by itself and against the authority: present, whole,
 * of the right kind, signed, in time. `identity.ts` puts them together.
 *
 * Invariant: a fault is a UsageError whose one line names the file and says what to do about it.
 * The dates are judged against the wall time that the caller gives.
 */
import { createPrivateKey } from 'node:crypto';
import type { KeyObject, X509Certificate } from 'node:crypto';
import { UsageError } from '../failure.ts';
import { readWhole } from '../files.ts';
import { isSignedBy, isValidAt, parsePem, validity } from './certificate.ts';
import { readRevocationList } from './x509.ts';
import type { RevocationList } from './x509.ts';

export async function readAuthority(path: string, nowMs: number): Promise<X509Certificate> {
  const authority = await readCertificate(path, 'the authority certificate');
  if (!authority.ca || !isSignedBy(authority, authority)) {
    throw new UsageError(`${path} is not an authority: copy authority.crt of your authority there`);
  }
  if (authority.publicKey.asymmetricKeyType !== 'ed25519') {
    throw new UsageError(
      `${path} has no Ed25519 key: make the authority with "npx orrery ca init", or give ` +
        '--classic in a network with older nodes',
    );
  }
  checkInTime(path, authority, nowMs);
  return authority;
}

export function checkInTime(path: string, authority: X509Certificate, nowMs: number): void {
  if (isValidAt(authority, nowMs)) return;
  throw new UsageError(
    `${path} is valid ${period(authority)}, not now: check the clock, or make a new authority`,
  );
}

/** @param hint what to do when it is not there, or is none */
export async function readCertificate(
  path: string,
  what = 'the certificate',
  hint = ISSUE_HINT,
): Promise<X509Certificate> {
  const certificate = parsePem(await readWhole(path, { what, hint }));
  if (certificate !== undefined) return certificate;
  throw new UsageError(`${path} does not hold one certificate in PEM: ${hint}`);
}

export function checkSigned(
  paths: { readonly certificate: string; readonly authority: string },
  certificate: X509Certificate,
  authority: X509Certificate,
  nowMs: number,
  another = ISSUE_ANOTHER,
): { readonly notAfterMs: number } {
  if (!isSignedBy(certificate, authority)) {
    throw new UsageError(
      `${paths.certificate} was not signed by ${paths.authority}: ` +
        'take both from the same authority',
    );
  }
  const dates = validity(certificate);
  if (!(nowMs <= dates.notAfterMs)) {
    throw new UsageError(`${paths.certificate} expired on ${certificate.validTo}, ${another}`);
  }
  if (!(dates.notBeforeMs <= nowMs)) {
    throw new UsageError(
      `${paths.certificate} is valid only from ${certificate.validFrom}: check the clock`,
    );
  }
  return dates;
}

export async function readKey(path: string): Promise<KeyObject> {
  const key = await readAnyKey(path, ISSUE_HINT, true);
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new UsageError(`${path} is not an Ed25519 key: ${ISSUE_HINT}`);
}

/** @param secret whether a file that others may read is refused */
export async function readAnyKey(path: string, hint: string, secret: boolean): Promise<KeyObject> {
  const text = await readWhole(path, { what: 'the key', hint, secret });
  try {
    return createPrivateKey(text);
  } catch {
    throw new UsageError(`${path} does not hold a private key in PEM: ${hint}`);
  }
}

export async function readList(
  path: string,
  authority: X509Certificate,
  nowMs: number,
): Promise<RevocationList> {
  const text = await readWhole(path, { what: 'the revocation list', hint: LIST_HINT });
  const list = await readRevocationList(text, authority);
  if (typeof list === 'string')
    throw new UsageError(`${path} is not usable, ${list}: ${LIST_HINT}`);
  if (nowMs > list.nextUpdateMs) {
    const since = new Date(list.nextUpdateMs).toISOString();
    throw new UsageError(`${path} is out of date since ${since}: ${RENEW_LIST_HINT}`);
  }
  return list;
}

function period(certificate: X509Certificate): string {
  return `from ${certificate.validFrom} to ${certificate.validTo}`;
}

const ISSUE_HINT = 'make it with "npx orrery ca issue --out DATA_DIR"';
export const ISSUE_ANOTHER = 'get another with "npx orrery ca issue"';
const LIST_HINT = 'copy revoked.crl of your authority there';
const RENEW_LIST_HINT = 'run "npx orrery ca refresh" and copy revoked.crl of your authority there';
