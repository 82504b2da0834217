/**
 * What `orrery ca show` prints: the certificates of an authority, or what one file says.
 *
 * Each view is made once as data, for `--json`, and once as text for people, one line per
 * certificate. Reading takes no lock: files are replaced whole.
 *
 * Invariant: a private key is never printed, whatever file is named.
 */
import type { X509Certificate } from 'node:crypto';
import { UsageError } from '../../runtime/failure.ts';
import { readWhole } from '../../runtime/files.ts';
import { openAuthority } from '../../runtime/identity/authority.ts';
import { parsePem, plainSerial, readLeaf, validity } from '../../runtime/identity/certificate.ts';
import { readIndex } from '../../runtime/identity/issued.ts';
import { readRevocations } from '../../runtime/identity/revocations.ts';
import { describeRevocationList } from '../../runtime/identity/x509.ts';
import { counted } from '../output.ts';

export interface View {
  readonly data: unknown;
  readonly text: string;
}

export async function showAuthority(dir: string): Promise<View> {
  const authority = await openAuthority(dir);
  const list = await readRevocations(authority);
  const revoked = new Map(list.entries.map((entry) => [entry.serial, entry]));
  const nowMs = Date.now();
  const certificates = (await readIndex(dir)).map((issued) => {
    const entry = revoked.get(issued.serial);
    return {
      id: issued.nodeId,
      serial: issued.serial,
      subject: issued.name,
      addresses: issued.addresses,
      issuedAt: issued.issuedAt,
      notBefore: issued.notBefore,
      notAfter: issued.notAfter,
      issuedTo: issued.issuedTo,
      revoked: entry !== undefined,
      state: stateOf(entry?.reason, Date.parse(issued.notAfter), nowMs),
    };
  });
  const head = {
    subject: authority.name,
    notAfter: iso(validity(authority.certificate).notAfterMs),
    listNumber: list.number,
    listNextUpdate: iso(list.nextUpdateMs),
  };
  const lines = certificates.map(
    (row) => `${row.id}  ${row.serial}  ${row.notAfter.slice(0, 10)}  ${row.state}  ${row.subject}`,
  );
  const stale = list.nextUpdateMs < nowMs ? ' OUT OF DATE: run "npx orrery ca refresh"' : '';
  const text = [
    `${head.subject} in ${dir}, valid until ${head.notAfter}`,
    `revocation list ${head.listNumber}: ${list.entries.length} revoked, ` +
      `next update by ${head.listNextUpdate}${stale}`,
    `${counted(certificates.length, 'certificate')} (id, serial, end, state, name)`,
    ...lines,
  ];
  return { data: { ...head, certificates }, text: `${text.join('\n')}\n` };
}

export async function showFile(path: string): Promise<View> {
  const hint = 'name an existing file';
  const text = await readWhole(path, { what: 'the file', hint });
  if (text.includes('PRIVATE KEY')) {
    throw new UsageError(`${path} holds a private key: name a certificate or a revocation list`);
  }
  const certificate = parsePem(text);
  if (certificate !== undefined) return certificateView(certificate);
  const list = describeRevocationList(text);
  if (list === undefined) {
    throw new UsageError(`${path} is neither one certificate nor a revocation list in PEM`);
  }
  const { issuer, number } = list;
  const rows = list.entries.map(({ serial, atMs, reason }) => ({ serial, at: iso(atMs), reason }));
  const data = {
    kind: 'revocation list',
    issuer,
    number,
    thisUpdate: iso(list.thisUpdateMs),
    nextUpdate: iso(list.nextUpdateMs),
    revoked: rows,
  };
  const lines = [
    `revocation list ${number} of ${issuer}, next update by ${data.nextUpdate}`,
    `${rows.length} revoked`,
    ...rows.map((row) => `${row.serial}  ${row.at.slice(0, 10)}  ${row.reason}`),
  ];
  return { data, text: `${lines.join('\n')}\n` };
}

function certificateView(certificate: X509Certificate): View {
  const leaf = readLeaf(certificate);
  const { notBeforeMs, notAfterMs } = validity(certificate);
  const data = {
    kind: certificate.ca ? 'authority' : 'certificate',
    id: leaf.ok ? leaf.nodeIdHex : null,
    serial: plainSerial(certificate.serialNumber),
    subject: certificate.subject,
    issuer: certificate.issuer,
    notBefore: iso(notBeforeMs),
    notAfter: iso(notAfterMs),
    alternativeNames: certificate.subjectAltName ?? '',
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
  const unfit = leaf.ok || certificate.ca ? [] : [['unfit', leaf.reason]];
  const rows = [...Object.entries(data), ...unfit].filter(([, value]) => value !== null);
  const lines = rows.map(([name, value]) => `${`${name}:`.padEnd(18)}${String(value)}`);
  return { data, text: `${lines.join('\n')}\n` };
}

function stateOf(reason: string | undefined, notAfterMs: number, nowMs: number): string {
  if (reason !== undefined) return `revoked (${reason})`;
  return notAfterMs < nowMs ? 'expired' : 'valid';
}

function iso(wallMs: number): string {
  return Number.isNaN(wallMs) ? 'unreadable' : new Date(wallMs).toISOString();
}
