/**
 * Hands identities over to nodes: a fresh key and the three public files beside it for a node on
 * this machine; for a node elsewhere, whose key never leaves it, a request there and the public
 * files here; and a further certificate for the id and key of a node that has one.
 *
 * Invariant: the key is written last. A directory with a certificate and no fitting key is one
 * where this was cut short; a key alone is never ours to overwrite. What signs is called inside
 * `lockAuthority`, so the copy of the revocation list is the newest there is.
 */
import { generateKeyPairSync } from 'node:crypto';
import { join, resolve } from 'node:path';
import { assert } from '../../src/assert.ts';
import { UsageError } from '../failure.ts';
import { fileExists, keyPem, makePrivateDirectory, readWhole, writeWhole } from '../files.ts';
import { checkedName, issueCertificate } from './authority.ts';
import type { Authority, IssueRequest } from './authority.ts';
import { parsePem } from './certificate.ts';
import { identityPaths } from './identity.ts';
import { readIndex } from './issued.ts';
import type { Issued } from './issued.ts';
import { authorityFiles, freshRevocations, readRevocations } from './revocations.ts';
import { selectedSerials } from './revocations.ts';
import { readRequest, signRequest } from './x509.ts';

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
  await prepare(dataDir, request.replace === true ? [] : [paths.certificate, paths.key]);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const issuedTo = resolve(dataDir);
  const issued = await issueCertificate(authority, { ...request, publicKey, issuedTo });
  await handOver(authority, dataDir, issued, request.nowMs);
  await writeWhole(paths.key, keyPem(privateKey), 0o600);
  return issued;
}

/** Makes the key of a node in its data directory, and the request that goes to the authority. */
export async function requestInto(dataDir: string, name: string): Promise<string> {
  const paths = identityPaths(dataDir);
  await prepare(dataDir, [paths.key]);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const path = join(dataDir, 'node.csr');
  await writeWhole(path, await signRequest(checkedName(name), publicKey, privateKey), 0o644);
  await writeWhole(paths.key, keyPem(privateKey), 0o600);
  return path;
}

/** Issues what a request asks for; the public files go into a directory, for the node to get. */
export async function issueForRequest(
  authority: Authority,
  requestPath: string,
  outDir: string,
  request: Omit<HandOver, 'replace'>,
): Promise<Issued> {
  const hint = 'make one at the node with "npx orrery ca request --out DATA_DIR"';
  const text = await readWhole(requestPath, { what: 'the request', hint });
  const publicKey = await readRequest(text);
  if (typeof publicKey === 'string') {
    throw new UsageError(`${requestPath} is not usable, ${publicKey}: ${hint}`);
  }
  await prepare(outDir, [identityPaths(outDir).certificate]);
  const issued = await issueCertificate(authority, {
    ...request,
    publicKey,
    issuedTo: resolve(outDir),
  });
  await handOver(authority, outDir, issued, request.nowMs);
  return issued;
}

/** A further certificate for the id and key of one that was issued before and is not revoked. */
export async function renewInto(
  authority: Authority,
  selector: string,
  outDir: string | undefined,
  request: Pick<IssueRequest, 'days' | 'nowMs'>,
): Promise<{ readonly issued: Issued; readonly outDir: string }> {
  const index = await readIndex(authority.dir);
  const serials = await selectedSerials(authority, index, selector);
  const { entries } = await readRevocations(authority);
  const revoked = new Set(entries.map(({ serial }) => serial));
  const last = index
    .filter(({ serial }) => serials.includes(serial) && !revoked.has(serial))
    .at(-1);
  if (last === undefined) {
    throw new UsageError(`${selector} is revoked or unknown here: issue a new certificate instead`);
  }
  const to = outDir ?? last.issuedTo;
  if (to === '') throw new UsageError(`${selector}: give the directory of the node with --out`);
  await prepare(to, []);
  const before = parsePem(last.certificate);
  assert(before !== undefined, 'what was issued can be read');
  const { nodeId, name, addresses } = last;
  const issued = await issueCertificate(authority, {
    ...request,
    publicKey: before.publicKey,
    nodeIdHex: nodeId,
    name,
    addresses,
    issuedTo: resolve(to),
  });
  await handOver(authority, to, issued, request.nowMs);
  return { issued, outDir: to };
}

/** Makes a directory ready to take a node's files, before anything is signed for it. */
async function prepare(dataDir: string, absent: readonly string[]): Promise<void> {
  for (const path of absent) {
    if (await fileExists(path)) {
      throw new UsageError(`${path} exists already: name another directory with --out`);
    }
  }
  await refuseAuthority(dataDir);
  await makePrivateDirectory(dataDir);
}

async function handOver(
  authority: Authority,
  outDir: string,
  issued: Issued,
  nowMs: number | undefined,
): Promise<void> {
  await copyPublicFiles(authority, outDir, nowMs);
  await writeWhole(identityPaths(outDir).certificate, issued.certificate, 0o644);
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
