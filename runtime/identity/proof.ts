/**
 * What a TLS handshake proves of the other side, and the options under which it does
 * (docs/operations.md, Certificates).
 *
 * Invariants: a peer's id comes only from its certificate; host names are never judged; a resumed
 * session is never accepted; nothing here throws for what a peer presents.
 */
import { constants, X509Certificate } from 'node:crypto';
import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls';
import { keyPem } from '../files.ts';
import { parseCertificate, plainSerial, readLeaf, validity } from './certificate.ts';
import type { Identity } from './identity.ts';

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
    // Not getPeerX509Certificate: Node 20.20 never frees the authority's certificate, which a peer
    // sends beside its own, when that asks for it.
    const { raw } = socket.getPeerCertificate();
    const x509 = new X509Certificate(raw);
    return {
      ok: true,
      nodeId: undefined,
      certificate: raw,
      serial: plainSerial(x509.serialNumber),
      notAfterMs: validity(x509).notAfterMs,
      x509,
    };
  } catch (error) {
    return refuse(`peer certificate cannot be judged: ${String(error)}`);
  }
}

function refuse(reason: string): NoProof {
  return { ok: false, reason };
}

/** The enhanced dialect, as TLS names it. */
export const ALPN = 'orrery/1';
