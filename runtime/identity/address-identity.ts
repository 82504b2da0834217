/**
 * Identity by address, `identity = address` (docs/classic.md): a node id is SHA-256 of `IP:PORT`,
 * and a certificate proves only that its holder belongs to the network.
 *
 * Rules: any certificate of the shared authority will do, a bare common name included, with an RSA
 * key of 2048 to 4096 bits or an Ed25519 one. A dial proves the id of whoever answers there, since
 * the id is the place; what comes in proves nothing but membership. No revocation list is needed;
 * one that is there counts. Invariant: nothing here throws on what a peer sent.
 */
import { constants, hash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls';
import type { Ipv4Address, WireHello } from '../../src/wire-types.ts';
import { UsageError } from '../failure.ts';
import { fileExists, keyPem } from '../files.ts';
import {
  checkInTime,
  checkSigned,
  readAnyKey,
  readCertificate,
  readList,
} from './identity-files.ts';
import { putTogether } from './identity.ts';
import type { Identity, IdentityPaths } from './identity.ts';
import { ALPN, memberOf } from './proof.ts';
import type { MemberProof, PeerProof } from './proof.ts';

/** Where a node listens. */
interface Place {
  /** A literal address of IPv4. */
  readonly host: string;
  readonly port: number;
}

/** SHA-256 of the ASCII text `IP:PORT`. */
export function idOfAddress({ host, port }: Place): Uint8Array {
  return hash('sha256', `${host}:${port}`, 'buffer');
}

/** The id of whoever listens there. */
export function idOfPlace({ ip, port }: Ipv4Address): Uint8Array {
  return idOfAddress({ host: ip.join('.'), port });
}

/** The id that a hello claims: that of the first of its addresses. */
export function idOfHello({ addresses: [first] }: WireHello): Uint8Array | undefined {
  return first?.family === 4 ? idOfPlace(first) : undefined;
}

/**
 * @param at where others dial this node
 * @throws UsageError when the files cannot be used, or not together
 */
export async function readAddressIdentity(
  paths: IdentityPaths,
  at: Place,
  nowMs: number = Date.now(),
): Promise<Identity> {
  const authority = await readCertificate(
    paths.authority,
    'the authority certificate',
    NAME_AUTHORITY,
  );
  const certificate = await readCertificate(paths.certificate, 'the certificate', NAME_CERTIFICATE);
  checkInTime(paths.authority, authority, nowMs);
  const { notAfterMs } = checkSigned(paths, certificate, authority, nowMs, ANOTHER);
  const key = await readAnyKey(paths.key, NAME_KEY, false);
  const fault = faultOfKey(certificate);
  if (fault !== undefined) throw new UsageError(`${paths.certificate} cannot be used: ${fault}`);
  const hasList = await fileExists(paths.revoked);
  const list = hasList ? await readList(paths.revoked, authority, nowMs) : NO_LIST;
  const read = { certificate, notAfterMs, key, authority, list };
  return putTogether(paths, { mode: 'address', nodeId: idOfAddress(at), ...read }, ANOTHER);
}

/** Options for a server and a client alike; whoever offers no ALPN is one of the older nodes. */
export function addressTls(identity: Identity): TlsOptions & ConnectionOptions {
  const options = {
    minVersion: 'TLSv1.2' as const,
    sigalgs: SIGNATURES,
    cert: identity.certificatePem,
    key: keyPem(identity.key),
    ca: identity.authorityPem,
    ...(identity.crlPem === undefined ? {} : { crl: identity.crlPem }),
    requestCert: true,
    rejectUnauthorized: true,
    secureOptions: constants.SSL_OP_NO_TICKET,
    ALPNProtocols: [ALPN],
    // For a dial by name; the types know it for plain connections only.
    family: 4,
    // Names say nothing here; what a certificate has to be is judged after the handshake.
    checkServerIdentity: () => undefined,
  };
  return options;
}

/** Who came in: a member of the network, whoever it is. */
export function visitorOf(socket: TLSSocket): MemberProof {
  const member = memberOf(socket);
  if (!member.ok) return member;
  const { x509, ...rest } = member;
  const fault = faultOfKey(x509);
  return fault === undefined ? rest : { ok: false, reason: fault };
}

/** Who was found where we dialled. */
export function foundAt(socket: TLSSocket, ownId: Uint8Array): PeerProof {
  const member = visitorOf(socket);
  if (!member.ok) return member;
  const { remoteAddress = '', remotePort = 0 } = socket;
  const nodeId = idOfAddress({ host: remoteAddress, port: remotePort });
  if (Buffer.compare(nodeId, ownId) === 0) return { ok: false, reason: 'peer has our own id' };
  return { ...member, nodeId };
}

/** Why the key of a certificate is none to prove membership with. */
function faultOfKey(certificate: X509Certificate): string | undefined {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails } = certificate.publicKey;
    if (type === 'ed25519') return undefined;
    if (type !== 'rsa') return `its key is ${String(type)}, not RSA or Ed25519`;
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX) return undefined;
    return `its RSA key has ${bits} bits, not ${RSA_BITS_MIN} to ${RSA_BITS_MAX}`;
  } catch {
    return 'its key cannot be read';
  }
}

const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 4096;
/** Of certificates and of handshakes. */
const SIGNATURES = [
  'ed25519',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
].join(':');
const NO_LIST = { pem: undefined, number: 0, nextUpdateMs: Infinity, entries: [] };
const NAME_AUTHORITY = 'name that of the network with --authority FILE';
const NAME_CERTIFICATE = 'name one of its authority, alone in its file, with --certificate FILE';
const NAME_KEY = 'name that of the certificate, without a passphrase, with --key FILE';
const ANOTHER = 'have the authority of the network sign another';
