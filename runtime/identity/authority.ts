/**
 * The certificate authority of a private network: one directory, kept by its operator.
 *
 *   authority.crt   its certificate            authority.key   its key, mode 0600
 *   revoked.crl     the newest revocation list issued/         one file per certificate it signed
 *
 * The authority alone chooses a node's id, 256 random bits, so nobody can pick a place near a key.
 * The key of a node comes in as a public key only.
 *
 * Invariants: a certificate is in the index before anybody receives it, so whatever exists can be
 * revoked; the revocation list is the one truth about what is revoked, and an entry never leaves
 * it, because a record outlives the certificate that signed it. Functions that write are called
 * inside `lockAuthority`.
 */
import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { DAY_MS } from '../clock.ts';
import { UsageError } from '../failure.ts';
import { fileExists, keyPem, makePrivateDirectory, readWhole, writeWhole } from '../files.ts';
import { withLock } from '../lock.ts';
import { CLIENT_USAGE, NODE_URN, plainSerial, SERVER_USAGE, validity } from './certificate.ts';
import { addToIndex } from './issued.ts';
import type { Issued } from './issued.ts';
import { authorityFiles, checkedDays, CLOCK_SKEW_MS, startRevocations } from './revocations.ts';
import type { ListSigner } from './revocations.ts';
import { signCertificate } from './x509.ts';
import type { AlternativeName } from './x509.ts';

export interface Authority extends ListSigner {
  readonly name: string;
}

export interface AuthorityOptions {
  readonly name?: string;
  readonly days?: number;
  readonly nowMs?: number;
  /** Starts again where an earlier call was cut short; no certificate of such a one exists. */
  readonly replaceUnfinished?: boolean;
}

export interface IssueRequest {
  readonly publicKey: KeyObject;
  /** Only for a further certificate of a node that has an id of this authority. */
  readonly nodeIdHex?: string;
  readonly name?: string;
  readonly addresses?: readonly string[];
  readonly days?: number;
  readonly nowMs?: number;
  /** The directory that receives it, for the operator's eyes. */
  readonly issuedTo?: string;
}

/** Runs `act` while no other process writes to the authority in `dir`. */
export async function lockAuthority<T>(dir: string, act: () => Promise<T>): Promise<T> {
  if (!(await fileExists(dir))) {
    throw new UsageError(`there is no authority in ${dir}: ${initHint(dir)}`);
  }
  return await withLock(join(dir, 'lock'), act);
}

/** The same for a directory that may not exist yet. */
export async function lockNewAuthority<T>(dir: string, act: () => Promise<T>): Promise<T> {
  await makePrivateDirectory(dir);
  return await withLock(join(dir, 'lock'), act);
}

export async function createAuthority(dir: string, options: AuthorityOptions): Promise<Authority> {
  const name = checkedName(options.name ?? 'Orrery authority');
  const days = checkedDays(options.days ?? AUTHORITY_DAYS, 7, AUTHORITY_DAYS_MAX);
  const files = authorityFiles(dir);
  if (await fileExists(files.certificate)) {
    throw new UsageError(`${dir} already holds an authority: name another directory with --dir`);
  }
  if (options.replaceUnfinished !== true && (await fileExists(files.key))) {
    throw new UsageError(
      `${files.key} exists without authority.crt: restore that, or remove ${dir} to start anew`,
    );
  }
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const nowMs = options.nowMs ?? Date.now();
  const certificate = await signCertificate({
    serial: newSerial(),
    subject: name,
    issuer: name,
    publicKey,
    signingKey: privateKey,
    issuerPublicKey: publicKey,
    notBeforeMs: nowMs - CLOCK_SKEW_MS,
    notAfterMs: nowMs + days * DAY_MS,
    authority: true,
    usages: [],
    altNames: [],
  });
  const authority: Authority = { dir, name, certificate, key: privateKey };
  await writeWhole(files.key, keyPem(privateKey), 0o600);
  await startRevocations(authority, nowMs);
  // Written last: an authority exists from the moment its certificate does.
  await writeWhole(files.certificate, certificate.toString(), 0o644);
  return authority;
}

export async function openAuthority(dir: string): Promise<Authority> {
  const files = authorityFiles(dir);
  const hint = initHint(dir);
  const text = await readWhole(files.certificate, { what: 'the authority certificate', hint });
  const keyText = await readWhole(files.key, {
    what: 'the authority key',
    hint: 'restore it from a backup; without it nothing can be signed',
    secret: true,
  });
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(text);
    key = createPrivateKey(keyText);
  } catch {
    throw new UsageError(`${dir} holds a damaged certificate or key: restore it from a backup`);
  }
  if (!certificate.ca || !certificate.checkPrivateKey(key)) {
    throw new UsageError(`${files.key} is not the key of ${files.certificate}: restore the pair`);
  }
  return { dir, name: certificate.subject.replace(/^CN=/, ''), certificate, key };
}

/** Signs a certificate and notes it in the index; an id is drawn unless the request renews one. */
export async function issueCertificate(
  authority: Authority,
  request: IssueRequest,
): Promise<Issued> {
  const nowMs = request.nowMs ?? Date.now();
  const days = checkedDays(request.days ?? NODE_DAYS, NODE_DAYS_MIN, NODE_DAYS_MAX);
  const nodeIdHex = request.nodeIdHex ?? randomBytes(32).toString('hex');
  const authorityEndMs = validity(authority.certificate).notAfterMs;
  if (authorityEndMs <= nowMs) {
    throw new UsageError(`the authority in ${authority.dir} has expired: make a new one`);
  }
  const name = checkedName(request.name ?? `node ${nodeIdHex.slice(0, 12)}`);
  const certificate = await signCertificate({
    serial: newSerial(),
    subject: name,
    issuer: authority.name,
    publicKey: request.publicKey,
    signingKey: authority.key,
    issuerPublicKey: authority.certificate.publicKey,
    notBeforeMs: nowMs - CLOCK_SKEW_MS,
    notAfterMs: Math.min(nowMs + days * DAY_MS, authorityEndMs),
    authority: false,
    usages: [SERVER_USAGE, CLIENT_USAGE],
    altNames: [
      { type: 'url', value: `${NODE_URN}${nodeIdHex}` },
      ...(request.addresses ?? []).map(checkedAddress),
    ],
  });
  const { notBeforeMs, notAfterMs } = validity(certificate);
  const issued: Issued = {
    serial: plainSerial(certificate.serialNumber),
    nodeId: nodeIdHex,
    name,
    addresses: [...(request.addresses ?? [])],
    issuedAt: new Date(nowMs).toISOString(),
    notBefore: new Date(notBeforeMs).toISOString(),
    notAfter: new Date(notAfterMs).toISOString(),
    issuedTo: request.issuedTo ?? '',
    certificate: certificate.toString(),
  };
  await addToIndex(authority.dir, issued);
  return issued;
}

function initHint(dir: string): string {
  return `make one with "npx orrery ca init --dir ${dir}"`;
}

/** 127 random bits with the first byte in 40..7f: positive, and of the same length everywhere. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** Names go into distinguished names, where punctuation has meaning in some readers. */
export function checkedName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/.test(name) && !name.endsWith(' ')) return name;
  throw new UsageError(
    `the name "${name}" is not usable: take 1 to 63 letters, digits, spaces, dots, dashes`,
  );
}

function checkedAddress(address: string): AlternativeName {
  const bare = address.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return { type: 'ip', value: bare };
  if (
    bare.length <= 253 &&
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9-]{1,63})*$/i.test(bare)
  )
    return { type: 'dns', value: bare };
  throw new UsageError(`"${address}" is no address: give an IP address or a host name, no port`);
}

const AUTHORITY_DAYS = 3650;
const AUTHORITY_DAYS_MAX = 7300;
const NODE_DAYS = 90;
const NODE_DAYS_MIN = 7;
const NODE_DAYS_MAX = 365;
