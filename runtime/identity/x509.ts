/**
 * Making and reading X.509 structures: certificates and revocation lists (RFC 5280), requests (RFC
 * 2986), Ed25519 signatures (RFC 8410). The only file that knows @peculiar/x509, which needs
 * reflect-metadata to be loaded before it.
 *
 * What a signer may choose is data here (`CertificateSpec`); which choices are right is decided in
 * authority.ts. Public keys come in alone, so a key pair may be made elsewhere and never move.
 *
 * Invariants: revocation lists are written as `X509 CRL`, the only name that OpenSSL reads; every
 * entry has a reason, because an entry without one would be encoded with an empty extension list.
 */
import { createPublicKey, webcrypto, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import 'reflect-metadata'; // before x509, which looks for it when it is loaded
import * as x509 from '@peculiar/x509';
import { plainSerial } from './certificate.ts';

x509.cryptoProvider.set(webcrypto);

export interface AlternativeName {
  readonly type: 'url' | 'ip' | 'dns';
  readonly value: string;
}

export interface CertificateSpec {
  readonly serial: string;
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  /** The key of the issuer, which the certificate names by its digest. */
  readonly issuerPublicKey: KeyObject;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** An authority may sign node certificates and lists, and no further authorities. */
  readonly authority: boolean;
  readonly usages: readonly string[];
  readonly altNames: readonly AlternativeName[];
}

export async function signCertificate(spec: CertificateSpec): Promise<X509Certificate> {
  const publicKey = toPublicKey(spec.publicKey);
  const flags = spec.authority
    ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
    : x509.KeyUsageFlags.digitalSignature;
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(spec.authority, spec.authority ? 0 : undefined, true),
    new x509.KeyUsagesExtension(flags, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(toPublicKey(spec.issuerPublicKey)),
  ];
  if (spec.usages.length > 0) {
    extensions.push(new x509.ExtendedKeyUsageExtension([...spec.usages]));
  }
  if (spec.altNames.length > 0) {
    extensions.push(new x509.SubjectAlternativeNameExtension([...spec.altNames]));
  }
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: spec.serial,
    subject: [{ CN: [spec.subject] }],
    issuer: [{ CN: [spec.issuer] }],
    notBefore: new Date(spec.notBeforeMs),
    notAfter: new Date(spec.notAfterMs),
    publicKey,
    signingKey: await toSigningKey(spec.signingKey),
    signingAlgorithm: ED25519,
    extensions,
  });
  return new X509Certificate(Buffer.from(made.rawData));
}

/** A request for a certificate (PKCS #10), in PEM, signed with the key that it is for. */
export async function signRequest(
  name: string,
  publicKey: KeyObject,
  privateKey: KeyObject,
): Promise<string> {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const keys = {
    publicKey: await webcrypto.subtle.importKey('spki', spki, ED25519, true, ['verify']),
    privateKey: await toSigningKey(privateKey),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: ED25519,
  });
  return `${request.toString('pem')}\n`;
}

/** The key that a request is for, or why there is none: its owner must have signed it. */
export async function readRequest(text: string): Promise<KeyObject | string> {
  try {
    const request = new x509.Pkcs10CertificateRequest(text);
    const key = Buffer.from(request.publicKey.rawData);
    const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
    if (publicKey.asymmetricKeyType !== 'ed25519') return 'its key is not Ed25519';
    return (await request.verify()) ? publicKey : 'it was not signed with its own key';
  } catch {
    return 'it is not a certificate request';
  }
}

export const REVOCATION_REASONS = {
  'key-compromise': x509.X509CrlReason.keyCompromise,
  superseded: x509.X509CrlReason.superseded,
  'cessation-of-operation': x509.X509CrlReason.cessationOfOperation,
  'privilege-withdrawn': x509.X509CrlReason.privilegeWithdrawn,
} as const;

export type RevocationReason = keyof typeof REVOCATION_REASONS;

export interface Revocation {
  /** As `plainSerial` writes it. */
  readonly serial: string;
  readonly atMs: number;
  readonly reason: RevocationReason;
}

export interface RevocationSpec {
  readonly issuer: X509Certificate;
  readonly signingKey: KeyObject;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  /** Grows by one with every list, so that two lists of one day can be told apart. */
  readonly number: number;
  readonly entries: readonly Revocation[];
}

export interface RevocationList {
  readonly pem: string;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  readonly number: number;
  readonly entries: readonly Revocation[];
}

/** A signed list in the PEM form that node:tls and OpenSSL read. */
export async function signRevocationList(spec: RevocationSpec): Promise<string> {
  const issuer = new x509.X509Certificate(spec.issuer.raw);
  const list = await x509.X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate: new Date(spec.thisUpdateMs),
    nextUpdate: new Date(spec.nextUpdateMs),
    signingKey: await toSigningKey(spec.signingKey),
    signingAlgorithm: ED25519,
    entries: spec.entries.map((entry) => ({
      serialNumber: entry.serial.padStart(entry.serial.length + (entry.serial.length % 2), '0'),
      revocationDate: new Date(entry.atMs),
      reason: REVOCATION_REASONS[entry.reason],
    })),
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new x509.Extension(LIST_NUMBER, false, encodeInteger(spec.number)),
    ],
  });
  return toListPem(list);
}

/** The list in a text, or a reason why it is none of this authority. */
export async function readRevocationList(
  text: string,
  authority: X509Certificate,
): Promise<RevocationList | string> {
  try {
    const list = new x509.X509Crl(text);
    if (!(await list.verify({ publicKey: toPublicKey(authority.publicKey) }))) {
      return 'it was not signed by this authority';
    }
    if (list.nextUpdate === undefined) return 'it has no date of the next update';
    return contentOf(list);
  } catch {
    return 'it is not a revocation list';
  }
}

/** What a list says, whoever signed it; nothing when the text is no list. For people to look at. */
export function describeRevocationList(
  text: string,
): (RevocationList & { readonly issuer: string }) | undefined {
  try {
    const list = new x509.X509Crl(text);
    return { ...contentOf(list), issuer: list.issuer };
  } catch {
    return undefined;
  }
}

function contentOf(list: x509.X509Crl): RevocationList {
  const number = list.getExtension<x509.Extension>(LIST_NUMBER);
  return {
    pem: toListPem(list),
    thisUpdateMs: list.thisUpdate.getTime(),
    nextUpdateMs: list.nextUpdate?.getTime() ?? Number.NaN,
    number: number === null ? 0 : decodeInteger(new Uint8Array(number.value)),
    entries: list.entries.map((entry) => ({
      serial: plainSerial(entry.serialNumber),
      atMs: entry.revocationDate.getTime(),
      reason: reasonName(entry.reason),
    })),
  };
}

/** A reason that this program does not write is shown as the general one. */
function reasonName(reason: x509.X509CrlReason | undefined): RevocationReason {
  if (reason === x509.X509CrlReason.keyCompromise) return 'key-compromise';
  if (reason === x509.X509CrlReason.superseded) return 'superseded';
  if (reason === x509.X509CrlReason.cessationOfOperation) return 'cessation-of-operation';
  return 'privilege-withdrawn';
}

function toListPem(list: x509.X509Crl): string {
  return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
}

function toPublicKey(key: KeyObject): x509.PublicKey {
  return new x509.PublicKey(key.export({ type: 'spki', format: 'der' }));
}

async function toSigningKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return await webcrypto.subtle.importKey('pkcs8', der, ED25519, false, ['sign']);
}

/** A DER INTEGER that is not negative: shortest form, with a zero before a set top bit. */
function encodeInteger(value: number): Uint8Array {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const lead = (bytes[0] ?? 0) >= 0x80 ? [0] : [];
  return Uint8Array.from([2, lead.length + bytes.length, ...lead, ...bytes]);
}

function decodeInteger(der: Uint8Array): number {
  return Number.parseInt(Buffer.from(der.subarray(2)).toString('hex') || '0', 16);
}

const ED25519 = { name: 'Ed25519' } as const;
const LIST_NUMBER = '2.5.29.20';
