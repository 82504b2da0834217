/**
 * Judges who published a record by the certificate that the record carries (docs/wire.md).
 *
 * Invariant: what is remembered is bounded, and only by what the authority has signed.
 */
import { hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CERTIFICATE_BYTES_MAX } from '../../src/limits.ts';
import { PUBLISHERS_MAX } from '../bounds.ts';
import { keepLatest } from '../latest.ts';
import { isSignedBy, parseCertificate } from './certificate.ts';
import { plainSerial, readLeaf, validity } from './certificate.ts';
import type { Identity } from './identity.ts';

export interface Publisher {
  readonly nodeId: Uint8Array;
  readonly publicKey: KeyObject;
  readonly isRevoked: boolean;
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
    const found = cache.get(name) ?? verifyPublisher(identity, der);
    if (found === undefined) return undefined;
    keepLatest(cache, name, found, PUBLISHERS_MAX);
    const timely = found.notBeforeMs <= atWallMs && atWallMs <= found.notAfterMs;
    return timely ? found.publisher : undefined;
  };
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
  const isRevoked = identity.revoked.has(plainSerial(certificate.serialNumber));
  const publisher = { nodeId: leaf.nodeId, publicKey: leaf.publicKey, isRevoked };
  return { publisher, ...validity(certificate) };
}
