/**
 * Who this node is, and how it judges others (docs/operations.md, Certificates).
 *
 * An identity is four files: node.crt, node.key, authority.crt, revoked.crl. All are checked
 * together when they are read, so that a node that starts is one that its peers will accept. What
 * goes on to TLS is the parsed objects, written out again: a second certificate hidden in a file
 * never becomes trusted.
 *
 * Invariants: a peer's id comes only from its certificate; host names are never judged; a stale or
 * missing revocation list is a refusal, not a warning; a resumed session is never accepted.
 */
import { constants, hash, sign, verify } from 'node:crypto';
import type { KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls';
import type { WireHello } from '../../src/wire-types.ts';
import { UsageError } from '../failure.ts';
import { keyPem } from '../files.ts';
import { CERTIFICATE_BYTES_MAX, isSignedBy, parseCertificate } from './certificate.ts';
import { plainSerial, readLeaf, validity } from './certificate.ts';
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

export interface Publisher {
  readonly nodeId: Uint8Array;
  readonly publicKey: KeyObject;
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

/** What a handshake proves in any case: the other side has a certificate of our authority. */
export interface ProvenMember {
  /** None while an id is an address, which a handshake that came in does not prove. */
  readonly nodeId: Uint8Array | undefined;
  readonly certificate: Uint8Array;
  /** As `plainSerial` writes it. */
  readonly serial: string;
  /** End of the certificate's validity, in wall ms. */
  readonly notAfterMs: number;
}

/** What a link was proved to lead to. */
export interface ProvenPeer extends ProvenMember {
  readonly nodeId: Uint8Array;
}

interface NoProof {
  readonly ok: false;
  readonly reason: string;
}
export type MemberProof = ({ readonly ok: true } & ProvenMember) | NoProof;
export type PeerProof = ({ readonly ok: true } & ProvenPeer) | NoProof;

/**
 * Options for a server and for a client alike. Only Ed25519 signatures are offered, so a peer with
 * a huge RSA key is turned away before its key costs anything; no ticket is ever written, because a
 * resumed session would skip every check of the certificate.
 */
export function tlsOptions(identity: Identity): TlsOptions & ConnectionOptions {
  return {
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    sigalgs: 'ed25519',
    cert: identity.certificatePem,
    key: keyPem(identity.key),
    ca: identity.authorityPem,
    crl: identity.crlPem,
    requestCert: true,
    rejectUnauthorized: true,
    secureOptions: constants.SSL_OP_NO_TICKET,
    ALPNProtocols: [ALPN],
    handshakeTimeout: HANDSHAKE_MS,
    checkServerIdentity: (_host, presented) => {
      const certificate = parseCertificate(presented.raw);
      if (certificate === undefined) return new Error('certificate cannot be read');
      const leaf = readLeaf(certificate);
      return leaf.ok ? undefined : new Error(leaf.reason);
    },
  };
}

/** The proved id behind a socket after its handshake, or the reason to close it. Never throws. */
export function peerIdOf(socket: TLSSocket): PeerProof {
  const member = memberOf(socket);
  if (!member.ok) return member;
  if (socket.getProtocol() !== 'TLSv1.3') return refuse('not TLS 1.3');
  if (socket.alpnProtocol !== ALPN) return refuse(`peer does not speak ${ALPN}`);
  const own = socket.getX509Certificate();
  if (own === undefined) return refuse('no certificate');
  const leaf = readLeaf(member.x509);
  if (!leaf.ok) return leaf;
  const self = readLeaf(own);
  if (self.ok && self.nodeIdHex === leaf.nodeIdHex) return refuse('peer has our own id');
  const { x509: _read, ...rest } = member;
  return { ...rest, nodeId: leaf.nodeId };
}

/** The member of our authority behind a socket after its handshake. Never throws. */
export function memberOf(
  socket: TLSSocket,
): (MemberProof & { readonly ok: true; readonly x509: X509Certificate }) | NoProof {
  try {
    if (!socket.authorized) {
      // Declared as an error, but a server's socket carries the code as text.
      const cause: unknown = socket.authorizationError;
      const code = cause instanceof Error ? cause.message : cause;
      return refuse(`peer is not authorized: ${typeof code === 'string' ? code : 'no reason'}`);
    }
    if (socket.isSessionReused()) return refuse('session was resumed');
    // Asked for once: a second time there may be none.
    const x509 = socket.getPeerX509Certificate();
    if (x509 === undefined) return refuse('no certificate');
    return {
      ok: true,
      nodeId: undefined,
      certificate: x509.raw,
      serial: plainSerial(x509.serialNumber),
      notAfterMs: validity(x509).notAfterMs,
      x509,
    };
  } catch (error) {
    return refuse(`peer certificate cannot be judged: ${String(error)}`);
  }
}

/**
 * Judges the certificate of a record's publisher at the wall time of publication. Verified ones are
 * remembered; others are not, because anybody can make any number of those. What the cache holds
 * is thus bounded by what the authority signed, and by a cap besides.
 */
export function certificateVerifier(
  identity: Identity,
): (der: Uint8Array, atWallMs: number) => Publisher | undefined {
  const cache = new Map<string, Verified>();
  return (der, atWallMs) => {
    if (der.length > CERTIFICATE_BYTES_MAX) return undefined;
    const name = hash('sha256', der, 'base64');
    let found = cache.get(name);
    if (found === undefined) {
      found = verifyPublisher(identity, der);
      if (found === undefined) return undefined;
    } else {
      cache.delete(name);
    }
    // Insertion order is the order of last use, so the first entry is the one to let go.
    cache.set(name, found);
    const [oldest] = cache.keys();
    if (cache.size > VERIFIED_MAX && oldest !== undefined) cache.delete(oldest);
    const timely = found.notBeforeMs <= atWallMs && atWallMs <= found.notAfterMs;
    return timely ? found.publisher : undefined;
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

interface Verified {
  readonly publisher: Publisher;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

function verifyPublisher(identity: Identity, der: Uint8Array): Verified | undefined {
  const certificate = parseCertificate(der);
  if (certificate === undefined) return undefined;
  const leaf = readLeaf(certificate);
  if (!leaf.ok || !isSignedBy(certificate, identity.authority)) return undefined;
  if (identity.revoked.has(plainSerial(certificate.serialNumber))) return undefined;
  const publisher = { nodeId: leaf.nodeId, publicKey: leaf.publicKey };
  return { publisher, ...validity(certificate) };
}

function refuse(reason: string): NoProof {
  return { ok: false, reason };
}

/** The enhanced dialect, as TLS names it. */
export const ALPN = 'orrery/1';
export const HANDSHAKE_MS = 5_000;
/** About 1 KiB each, key object included: 4 MiB at most. */
const VERIFIED_MAX = 4096;
