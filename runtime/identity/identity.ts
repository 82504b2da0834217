/**
 * Who this node is (docs/operations.md, Certificates).
 *
 * An identity is four files: node.crt, node.key, authority.crt, revoked.crl. All are checked
 * together when they are read, so that a node that starts is one that its peers will accept. What
 * goes on from here is the parsed objects, written out again: a second certificate hidden in a file
 * never becomes trusted.
 *
 * Invariant: a stale or missing revocation list is a refusal, not a warning.
 */
import { sign, verify } from 'node:crypto';
import type { KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { WireHello } from '../../src/wire-types.ts';
import { UsageError } from '../failure.ts';
import { plainSerial, readLeaf } from './certificate.ts';
import { checkSigned, ISSUE_ANOTHER, readAuthority } from './identity-files.ts';
import { readCertificate, readKey, readList } from './identity-files.ts';

export interface IdentityPaths {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  readonly revoked: string;
}

export interface Identity {
  /** What proves a node id: a certificate that carries it, or being found where it says. */
  readonly mode: WireHello['identity'];
  readonly nodeId: Uint8Array;
  readonly nodeIdHex: string;
  readonly serial: string;
  readonly certificatePem: string;
  readonly certificateDer: Uint8Array;
  readonly notAfterMs: number;
  readonly key: KeyObject;
  readonly authority: X509Certificate;
  readonly authorityPem: string;
  /** None is needed where ids are addresses. */
  readonly crlPem: string | undefined;
  readonly crlNumber: number;
  readonly crlNextUpdateMs: number;
  /** Serial numbers as `plainSerial` writes them. */
  readonly revoked: ReadonlySet<string>;
}

/** The names under which a node keeps its identity in its data directory. */
export function identityPaths(dataDir: string): IdentityPaths {
  return {
    certificate: join(dataDir, 'node.crt'),
    key: join(dataDir, 'node.key'),
    authority: join(dataDir, 'authority.crt'),
    revoked: join(dataDir, 'revoked.crl'),
  };
}

export async function readIdentity(
  paths: IdentityPaths,
  nowMs: number = Date.now(),
): Promise<Identity> {
  const authority = await readAuthority(paths.authority, nowMs);
  const certificate = await readCertificate(paths.certificate);
  const { notAfterMs } = checkSigned(paths, certificate, authority, nowMs);
  const leaf = readLeaf(certificate);
  if (!leaf.ok) throw new UsageError(`${paths.certificate}: ${leaf.reason}, ${ISSUE_ANOTHER}`);
  const key = await readKey(paths.key);
  const list = await readList(paths.revoked, authority, nowMs);
  const read = { certificate, notAfterMs, key, authority, list };
  return putTogether(paths, { mode: 'certificate', nodeId: leaf.nodeId, ...read }, ISSUE_ANOTHER);
}

/** What was read of an identity, each sound by itself. */
export interface IdentityParts extends Pick<
  Identity,
  'mode' | 'nodeId' | 'notAfterMs' | 'key' | 'authority'
> {
  readonly certificate: X509Certificate;
  readonly list: {
    readonly pem: string | undefined;
    readonly number: number;
    readonly nextUpdateMs: number;
    readonly entries: readonly { readonly serial: string }[];
  };
}

/**
 * @param another what to do about a certificate that does not count any more
 * @throws UsageError when the key is of another certificate, or this one is on the list
 */
export function putTogether(
  paths: Pick<IdentityPaths, 'certificate' | 'key'>,
  { certificate, list, ...rest }: IdentityParts,
  another: string,
): Identity {
  if (!certificate.checkPrivateKey(rest.key)) {
    throw new UsageError(`${paths.key} is not the key of ${paths.certificate}: restore the pair`);
  }
  const revoked = new Set(list.entries.map((entry) => entry.serial));
  const serial = plainSerial(certificate.serialNumber);
  if (revoked.has(serial)) {
    throw new UsageError(`${paths.certificate} has been revoked, ${another}`);
  }
  return {
    ...rest,
    nodeIdHex: Buffer.from(rest.nodeId).toString('hex'),
    serial,
    certificatePem: certificate.toString(),
    certificateDer: Uint8Array.from(certificate.raw),
    authorityPem: rest.authority.toString(),
    crlPem: list.pem,
    crlNumber: list.number,
    crlNextUpdateMs: list.nextUpdateMs,
    revoked,
  };
}

export function signBytes(identity: Identity, bytes: Uint8Array): Uint8Array {
  return sign(null, bytes, identity.key);
}

export function verifyBytes(
  publicKey: KeyObject,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return verify(null, bytes, publicKey, signature);
  } catch {
    return false;
  }
}
