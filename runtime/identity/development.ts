/**
 * The development authority (docs/operations.md, Certificates): what lets two nodes on loopback
 * find a common authority with no command before them. Whoever comes first makes it; all take the
 * same lock.
 *
 * Invariants: certificates of another authority are never replaced, unless that was a development
 * authority too (its directory was removed, its nodes start anew); a node keeps its id when its
 * certificate is replaced because of its age.
 */
import type { X509Certificate } from 'node:crypto';
import { DAY_MS } from '../clock.ts';
import { UsageError } from '../failure.ts';
import { fileExists, readWhole } from '../files.ts';
import { createAuthority, lockNewAuthority, openAuthority } from './authority.ts';
import type { Authority } from './authority.ts';
import { isSignedBy, parsePem, readLeaf, validity } from './certificate.ts';
import { readKey } from './identity-files.ts';
import { identityPaths, readIdentity } from './identity.ts';
import type { Identity, IdentityPaths } from './identity.ts';
import { copyPublicFiles, issueInto } from './issuance.ts';
import { authorityFiles } from './revocations.ts';

export interface DevelopmentOptions {
  readonly authorityDir: string;
  readonly dataDir: string;
  readonly nowMs?: number;
}

export interface DevelopmentIdentity {
  readonly identity: Identity;
  readonly madeAuthority: boolean;
  readonly madeCertificate: boolean;
}

/** The identity in `dataDir`, made first when there is none or it has run out. */
export async function developmentIdentity(
  options: DevelopmentOptions,
): Promise<DevelopmentIdentity> {
  const { authorityDir, dataDir } = options;
  const nowMs = options.nowMs ?? Date.now();
  const paths = identityPaths(dataDir);
  return await lockNewAuthority(authorityDir, async () => {
    const madeAuthority = !(await fileExists(authorityFiles(authorityDir).certificate));
    const authority = madeAuthority
      ? await createAuthority(authorityDir, {
          name: DEVELOPMENT_AUTHORITY,
          nowMs,
          replaceUnfinished: true,
        })
      : await openAuthority(authorityDir);
    const need = await needOf(paths, authority, nowMs);
    if (need.kind === 'nothing') {
      await copyPublicFiles(authority, dataDir, nowMs);
    } else {
      const renewed = need.nodeIdHex === undefined ? {} : { nodeIdHex: need.nodeIdHex };
      await issueInto(authority, dataDir, { ...renewed, nowMs, days: DAYS, replace: true });
    }
    const identity = await readIdentity(paths, nowMs);
    return { identity, madeAuthority, madeCertificate: need.kind !== 'nothing' };
  });
}

type Need =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'certificate'; readonly nodeIdHex: string | undefined };

async function needOf(paths: IdentityPaths, authority: Authority, nowMs: number): Promise<Need> {
  const hasKey = await fileExists(paths.key);
  if (!(await fileExists(paths.certificate))) {
    if (!hasKey) return { kind: 'certificate', nodeIdHex: undefined };
    throw new UsageError(`${paths.key} has no certificate beside it: add node.crt, or remove it`);
  }
  const hint = 'add node.crt';
  const certificate = parsePem(
    await readWhole(paths.certificate, { what: 'the certificate', hint }),
  );
  if (certificate === undefined) {
    throw new UsageError(`${paths.certificate} does not hold one certificate in PEM: remove it`);
  }
  if (!isSignedBy(certificate, authority.certificate)) {
    if (certificate.issuer === `CN=${DEVELOPMENT_AUTHORITY}`)
      return { kind: 'certificate', nodeIdHex: undefined };
    throw new UsageError(
      `${paths.certificate} is of another authority: ` +
        'put its authority.crt and revoked.crl beside it',
    );
  }
  const usable = hasKey && (await isUsable(paths, certificate, nowMs));
  if (usable) return { kind: 'nothing' };
  const leaf = readLeaf(certificate);
  return { kind: 'certificate', nodeIdHex: leaf.ok ? leaf.nodeIdHex : undefined };
}

async function isUsable(
  paths: IdentityPaths,
  certificate: X509Certificate,
  nowMs: number,
): Promise<boolean> {
  const key = await readKey(paths.key);
  if (!certificate.checkPrivateKey(key)) return false;
  return nowMs + LEFT_MIN_MS < validity(certificate).notAfterMs;
}

/** The name that its certificates carry as their issuer. */
export const DEVELOPMENT_AUTHORITY = 'Orrery development authority';
const DAYS = 365;
/** A node that starts with less left would soon be refused by its peers. */
const LEFT_MIN_MS = DAY_MS;
