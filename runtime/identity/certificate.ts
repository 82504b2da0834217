/**
 * What a certificate says, read without trust: its node id, serial and validity.
 *
 * A node id is the one entry `urn:orrery:node:<64 lower-case hex>` of the subject alternative name.
 * Anything else under `urn:orrery:` (another length, upper case, a second id) makes the certificate
 * unfit, so that no two readers can take different ids out of it. Addresses may stand beside the
 * id; nobody judges a peer by them.
 *
 * Invariant: nothing here throws, whatever the bytes are; a reason is returned instead. Cost:
 * linear in the certificate, which is refused above 4 KiB before anything else is looked at.
 */
import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CERTIFICATE_BYTES_MAX } from '../../src/limits.ts';
import { signsOnlyData } from './key-usage.ts';

export const NODE_URN = 'urn:orrery:node:';
export const SERVER_USAGE = '1.3.6.1.5.5.7.3.1';
export const CLIENT_USAGE = '1.3.6.1.5.5.7.3.2';

export interface Leaf {
  readonly ok: true;
  readonly nodeId: Uint8Array;
  readonly nodeIdHex: string;
  readonly publicKey: KeyObject;
}

export interface Refusal {
  readonly ok: false;
  readonly reason: string;
}

/** The certificate in DER, or nothing when the bytes are too many or are no certificate. */
export function parseCertificate(der: Uint8Array): X509Certificate | undefined {
  if (der.length > CERTIFICATE_BYTES_MAX) return undefined;
  try {
    const certificate = new X509Certificate(der);
    // Bytes after the end would let one certificate pass for many.
    return certificate.raw.length === der.length ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** The only certificate in a text; nothing when there is none, or more than one to choose from. */
export function parsePem(text: string): X509Certificate | undefined {
  if (text.split(PEM_BEGIN).length !== 2) return undefined;
  try {
    return new X509Certificate(text.slice(text.indexOf(PEM_BEGIN)));
  } catch {
    return undefined;
  }
}

/** Whether a certificate has the shape of a node's; who signed it is a question for the caller. */
export function readLeaf(certificate: X509Certificate): Leaf | Refusal {
  try {
    if (certificate.raw.length > CERTIFICATE_BYTES_MAX) {
      return refuse(`certificate is over ${CERTIFICATE_BYTES_MAX} bytes`);
    }
    if (certificate.ca) return refuse('certificate is an authority, not a node');
    // Absent usages read as undefined, although the declared type has no room for that.
    const usages: unknown = certificate.keyUsage;
    const isForBoth =
      Array.isArray(usages) && usages.includes(SERVER_USAGE) && usages.includes(CLIENT_USAGE);
    if (!isForBoth) {
      return refuse('certificate is not for both server and client use');
    }
    if (!signsOnlyData(certificate.raw))
      return refuse('certificate has a key usage of another kind');
    const publicKey = certificate.publicKey;
    if (publicKey.asymmetricKeyType !== 'ed25519') return refuse('certificate key is not Ed25519');
    const id = nodeIdOfAltNames(certificate.subjectAltName);
    return id.ok ? { ...id, publicKey } : id;
  } catch {
    return refuse('certificate cannot be read');
  }
}

export interface NodeId {
  readonly ok: true;
  readonly nodeId: Uint8Array;
  readonly nodeIdHex: string;
}

/** The one node id in a subject alternative name, given in the text form of node:crypto. */
export function nodeIdOfAltNames(altNames: string | undefined): NodeId | Refusal {
  const entries = altNames === undefined ? [] : splitAltNames(altNames);
  if (entries === undefined) return refuse('alternative names cannot be read');
  const ours = entries.filter((entry) => entry.toLowerCase().startsWith(OUR_ENTRY));
  const [entry] = ours;
  if (entry === undefined) return refuse('certificate carries no node id');
  if (ours.length > 1) return refuse('certificate carries more than one node id');
  const nodeIdHex = entry.slice(ID_PREFIX.length);
  if (!entry.startsWith(ID_PREFIX) || !/^[0-9a-f]{64}$/.test(nodeIdHex)) {
    return refuse('certificate carries a malformed node id');
  }
  return { ok: true, nodeId: Uint8Array.from(Buffer.from(nodeIdHex, 'hex')), nodeIdHex };
}

/** The serial number as lower-case hex without leading zeros: one spelling for every reader. */
export function plainSerial(serial: string): string {
  return serial.toLowerCase().replace(/^0+(?=.)/, '');
}

export function isValidAt(certificate: X509Certificate, wallMs: number): boolean {
  const { notBeforeMs, notAfterMs } = validity(certificate);
  return notBeforeMs <= wallMs && wallMs <= notAfterMs;
}

/** The validity in wall milliseconds; NaN for a date that cannot be read, which is never valid. */
export function validity(certificate: X509Certificate): {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
} {
  return {
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

/** Whether the authority's name and key stand behind the certificate. */
export function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  try {
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  } catch {
    return false;
  }
}

/**
 * Splits `URI:a, DNS:b`. A value that holds a comma or a quote stands there as a JSON string, so a
 * name made to look like two entries stays one. Nothing when the text has another form.
 */
function splitAltNames(text: string): string[] | undefined {
  const entries: string[] = [];
  let at = 0;
  while (at < text.length) {
    const colon = text.indexOf(':', at);
    if (colon < 0) return undefined;
    let end: number;
    let value: string;
    if (text[colon + 1] === '"') {
      end = endOfQuoted(text, colon + 1);
      const unquoted = end < 0 ? undefined : unquote(text.slice(colon + 1, end));
      if (unquoted === undefined) return undefined;
      value = unquoted;
    } else {
      const separator = text.indexOf(SEPARATOR, colon);
      end = separator < 0 ? text.length : separator;
      value = text.slice(colon + 1, end);
    }
    entries.push(`${text.slice(at, colon)}:${value}`);
    if (end < text.length && !text.startsWith(SEPARATOR, end)) return undefined;
    at = end + SEPARATOR.length;
  }
  return entries;
}

function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}

function unquote(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function refuse(reason: string): Refusal {
  return { ok: false, reason };
}

const PEM_BEGIN = '-----BEGIN CERTIFICATE-----';
const SEPARATOR = ', ';
const OUR_ENTRY = 'uri:urn:orrery:';
const ID_PREFIX = `URI:${NODE_URN}`;
