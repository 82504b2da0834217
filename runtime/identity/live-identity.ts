/**
 * The identity of a node that runs. It may be replaced by a newer one of the same node: a renewed
 * certificate, another key, a newer revocation list. Whoever needs it asks here each time, or is
 * told when it was replaced (docs/operations.md, Certificates).
 *
 * Invariants: id and authority stay the same for the life of the process; a revocation list is
 * never replaced by an older one; what the old list revoked stays revoked, since entries never
 * leave a list.
 */
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls';
import { UsageError } from '../failure.ts';
import { addressTls, foundAt, visitorOf } from './address-identity.ts';
import { verifyBytes } from './identity.ts';
import type { Identity } from './identity.ts';
import { peerIdOf, tlsOptions } from './proof.ts';
import type { MemberProof, PeerProof } from './proof.ts';
import { certificateVerifier } from './publishers.ts';
import type { Publisher } from './publishers.ts';

/** Who is said to have signed, by which certificate, and when. */
interface Claim {
  readonly certificate: Uint8Array;
  readonly atWallMs: number;
  readonly id: Uint8Array;
}

export class LiveIdentity {
  #identity: Identity;
  #tls: TlsOptions & ConnectionOptions;
  #dialTls: ConnectionOptions;
  #verify: (der: Uint8Array, atWallMs: number) => Publisher | undefined;
  readonly #listeners: (() => void)[] = [];

  constructor(identity: Identity) {
    this.#identity = identity;
    this.#tls = tlsOf(identity);
    this.#dialTls = dialTlsOf(this.#tls);
    this.#verify = certificateVerifier(identity);
  }

  get now(): Identity {
    return this.#identity;
  }

  /** For a server. */
  get tls(): TlsOptions {
    return this.#tls;
  }

  /** For the next dial. */
  get dialTls(): ConnectionOptions {
    return this.#dialTls;
  }

  /** Who stands behind a connection that came in, after its handshake. */
  judgeAccepted(socket: TLSSocket): MemberProof {
    return this.#identity.mode === 'address' ? visitorOf(socket) : peerIdOf(socket);
  }

  /** Who stands behind a connection of ours, after its handshake. */
  judgeDialled(socket: TLSSocket): PeerProof {
    const { mode, nodeId } = this.#identity;
    return mode === 'address' ? foundAt(socket, nodeId) : peerIdOf(socket);
  }

  /**
   * Whether the holder of a certificate that was good at a time has that id and signed a text,
   * which is made only when the rest holds; judged by the newest list (`certificateVerifier`).
   */
  hasSigned(
    { certificate, atWallMs, id }: Claim,
    text: () => Uint8Array,
    signature: Uint8Array,
  ): boolean {
    const signer = this.#verify(certificate, atWallMs);
    if (signer === undefined || Buffer.compare(signer.nodeId, id) !== 0) return false;
    return verifyBytes(signer.publicKey, text(), signature);
  }

  /** @param serial as `plainSerial` writes it */
  isRevoked(serial: string): boolean {
    return this.#identity.revoked.has(serial);
  }

  /** Called after each replacement. */
  onReplaced(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** @throws UsageError when it is no newer identity of this node */
  replace(next: Identity): void {
    const { nodeIdHex, authorityPem, crlNumber } = this.#identity;
    if (next.nodeIdHex !== nodeIdHex) {
      throw new UsageError('the new certificate is of another node: restart to become that one');
    }
    if (next.authorityPem !== authorityPem) {
      throw new UsageError('the new certificate is of another authority: restart to change over');
    }
    if (next.crlNumber < crlNumber) {
      throw new UsageError(
        `the new revocation list has number ${next.crlNumber}, older than ${crlNumber}: ` +
          'copy the newest one',
      );
    }
    this.#identity = next;
    this.#tls = tlsOf(next);
    this.#dialTls = dialTlsOf(this.#tls);
    this.#verify = certificateVerifier(next);
    for (const listener of this.#listeners) listener();
  }
}

/**
 * With the files read and the context made once for all dials: else each dial, also one that finds
 * nobody, costs a millisecond and 25 KiB outside the heap, which no collection is in a hurry about.
 */
function dialTlsOf(tls: ConnectionOptions): ConnectionOptions {
  return { ...tls, secureContext: createSecureContext(tls) };
}

function tlsOf(identity: Identity): TlsOptions & ConnectionOptions {
  return identity.mode === 'address' ? addressTls(identity) : tlsOptions(identity);
}
