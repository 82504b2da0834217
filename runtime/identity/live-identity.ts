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
import type { Verdict } from '../../host/admit.ts';
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
  #used: Used;
  readonly #listeners: (() => void)[] = [];

  constructor(identity: Identity) {
    this.#used = usedOf(identity);
  }

  get now(): Identity {
    return this.#used.identity;
  }

  /** For a server. */
  get tls(): TlsOptions {
    return this.#used.tls;
  }

  /** For the next dial. */
  get dialTls(): ConnectionOptions {
    return this.#used.dialTls;
  }

  /** Who stands behind a connection that came in, after its handshake. */
  judgeAccepted(socket: TLSSocket): MemberProof {
    return this.#used.identity.mode === 'address' ? visitorOf(socket) : peerIdOf(socket);
  }

  /** Who stands behind a connection of ours, after its handshake. */
  judgeDialled(socket: TLSSocket): PeerProof {
    const { mode, nodeId } = this.#used.identity;
    return mode === 'address' ? foundAt(socket, nodeId) : peerIdOf(socket);
  }

  /**
   * Whether the holder of a certificate that was good at a time has that id and signed a text,
   * which is made only when the rest holds, and whether the newest list has revoked it since.
   */
  judgeSigned(
    { certificate, atWallMs, id }: Claim,
    text: () => Uint8Array,
    signature: Uint8Array,
  ): Verdict {
    const signer = this.#used.verify(certificate, atWallMs);
    if (signer === undefined || Buffer.compare(signer.nodeId, id) !== 0) return 'forged';
    if (!verifyBytes(signer.publicKey, text(), signature)) return 'forged';
    return signer.isRevoked ? 'revoked' : 'good';
  }

  /** Whether the newest list has revoked who published a record by a certificate that was good. */
  hasRevoked(certificate: Uint8Array, atWallMs: number): boolean {
    if (certificate.length === 0) return false;
    return this.#used.verify(certificate, atWallMs)?.isRevoked === true;
  }

  /** @param serial as `plainSerial` writes it */
  isRevoked(serial: string): boolean {
    return this.#used.identity.revoked.has(serial);
  }

  /** Called after each replacement. */
  onReplaced(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** @throws UsageError when it is no newer identity of this node */
  replace(next: Identity): void {
    const { nodeIdHex, authorityPem, crlNumber } = this.#used.identity;
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
    this.#used = usedOf(next);
    for (const listener of this.#listeners) listener();
  }
}

/** An identity, and what is made of it once for all handshakes and records. */
interface Used {
  readonly identity: Identity;
  readonly tls: TlsOptions & ConnectionOptions;
  readonly dialTls: ConnectionOptions;
  readonly verify: (der: Uint8Array, atWallMs: number) => Publisher | undefined;
}

/**
 * All dials share one context: one made by each, also where nobody is found, would cost it a
 * millisecond and 25 KiB outside the heap, which no collection is in a hurry about.
 */
function usedOf(identity: Identity): Used {
  const tls = tlsOf(identity);
  const dialTls = { ...tls, secureContext: createSecureContext(tls) };
  return { identity, tls, dialTls, verify: certificateVerifier(identity) };
}

function tlsOf(identity: Identity): TlsOptions & ConnectionOptions {
  return identity.mode === 'address' ? addressTls(identity) : tlsOptions(identity);
}
