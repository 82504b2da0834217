/**
 * Hands an identity over to a node on this machine: a fresh key and the three public files beside
 * it, in the node's data directory.
 *
 * Invariant: the key is written last. A directory with a certificate and no fitting key is one
 * where this was cut short; a key alone is never ours to overwrite. Called inside `lockAuthority`,
 * so the copy of the revocation list is the newest there is.
 */
import { generateKeyPairSync } from 'node:crypto';
import { resolve } from 'node:path';
import { issueCertificate } from './authority.ts';
import type { Authority, IssueRequest } from './authority.ts';
import { UsageError } from './failure.ts';
import { fileExists, keyPem, makePrivateDirectory, readWhole, writeWhole } from './files.ts';
import { identityPaths } from './identity.ts';
import type { Issued } from './issued.ts';
import { authorityFiles, freshRevocations } from './revocations.ts';

export interface HandOver extends Omit<IssueRequest, 'publicKey' | 'issuedTo'> {
  /** Allows files of an earlier identity to be replaced. */
  readonly replace?: boolean;
}

export async function issueInto(
  authority: Authority,
  dataDir: string,
  request: HandOver,
): Promise<Issued> {
  const paths = identityPaths(dataDir);
  if (request.replace !== true) {
    for (const path of [paths.certificate, paths.key]) {
      if (await fileExists(path)) {
        throw new UsageError(`${path} exists already: name another directory with --out`);
      }
    }
  }
  await refuseAuthority(dataDir);
  await makePrivateDirectory(dataDir);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const issuedTo = resolve(dataDir);
  const issued = await issueCertificate(authority, { ...request, publicKey, issuedTo });
  await copyPublicFiles(authority, dataDir, request.nowMs);
  await writeWhole(paths.certificate, issued.certificate, 0o644);
  await writeWhole(paths.key, keyPem(privateKey), 0o600);
  return issued;
}

/** Brings a node's copies of the authority's certificate and list up to date. */
export async function copyPublicFiles(
  authority: Authority,
  dataDir: string,
  nowMs?: number,
): Promise<void> {
  const paths = identityPaths(dataDir);
  await refuseAuthority(dataDir);
  const list = await freshRevocations(authority, nowMs);
  await writeIfOther(paths.authority, authority.certificate.toString());
  await writeIfOther(paths.revoked, list.pem);
}

/** A node's files would take the places of an authority's own, which nothing brings back. */
async function refuseAuthority(dataDir: string): Promise<void> {
  if (await fileExists(authorityFiles(dataDir).key)) {
    throw new UsageError(
      `${dataDir} is the directory of an authority: give the node another one, its own`,
    );
  }
}

async function writeIfOther(path: string, text: string): Promise<void> {
  const hint = 'run the command again';
  if (await fileExists(path)) {
    if ((await readWhole(path, { what: 'the file', hint })) === text) return;
  }
  await writeWhole(path, text, 0o644);
}
