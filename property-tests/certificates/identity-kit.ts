/**
 * Real authorities, identities and TLS meetings for the tests of identity.
 *
 * `meet` lets one judge (our options and `peerIdOf`) meet one subject (any options) over loopback
 * and tells what each side saw. In TLS 1.3 a client's handshake is over before the server has
 * judged it, so a client counts as accepted only after bytes from the server.
 */
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import { DAY_MS } from '../../runtime/clock.ts';
import { createAuthority, lockNewAuthority } from '../../runtime/identity/authority.ts';
import type { Authority } from '../../runtime/identity/authority.ts';
import { CLIENT_USAGE, NODE_URN, SERVER_USAGE } from '../../runtime/identity/certificate.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { issueInto } from '../../runtime/identity/issuance.ts';
import type { HandOver } from '../../runtime/identity/issuance.ts';
import { peerIdOf } from '../../runtime/identity/proof.ts';
import type { PeerProof } from '../../runtime/identity/proof.ts';
import { signCertificate } from '../../runtime/identity/x509.ts';
import type { CertificateSpec } from '../../runtime/identity/x509.ts';

/** A directory that goes away with the test. */
export async function scratch(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'orrery-identity-'));
  t.teardown(async () => {
    await rm(dir, { recursive: true, force: true });
  });
  return dir;
}

export async function newAuthority(dir: string, nowMs = Date.now()): Promise<Authority> {
  return await lockNewAuthority(dir, async () => await createAuthority(dir, { nowMs }));
}

export async function newIdentity(
  authority: Authority,
  dataDir: string,
  request: HandOver = {},
): Promise<Identity> {
  await issueInto(authority, dataDir, request);
  return await readIdentity(identityPaths(dataDir));
}

export interface Material {
  readonly cert: string;
  readonly key: string;
}

/** A certificate as a hostile or careless authority might make it: good, but for `changes`. */
export async function oddMaterial(
  authority: Authority,
  changes: Partial<CertificateSpec> & { readonly privateKey?: KeyObject } = {},
): Promise<Material> {
  const pair = generateKeyPairSync('ed25519');
  const { privateKey = pair.privateKey, ...spec } = changes;
  const nowMs = Date.now();
  const certificate = await signCertificate({
    serial: '4001',
    subject: 'odd',
    issuer: authority.name,
    publicKey: pair.publicKey,
    signingKey: authority.key,
    issuerPublicKey: authority.certificate.publicKey,
    notBeforeMs: nowMs - DAY_MS,
    notAfterMs: nowMs + DAY_MS,
    authority: false,
    usages: [SERVER_USAGE, CLIENT_USAGE],
    altNames: [{ type: 'url', value: `${NODE_URN}${'5e'.repeat(32)}` }],
    ...spec,
  });
  return { cert: certificate.toString(), key: pemOf(privateKey) };
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function derOf(material: Material): Uint8Array {
  return new X509Certificate(material.cert).raw;
}

/** Options of a peer that checks nothing and speaks our protocol. */
export function careless(material: Partial<Material>): TlsOptions & ConnectionOptions {
  return {
    ...material,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['orrery/1'],
    checkServerIdentity: () => undefined,
  };
}

export interface Side {
  readonly proof: PeerProof;
  /** Whether bytes of the other side came, after the proof was good. */
  readonly heard: boolean;
  readonly resumed: boolean;
}

export interface Meeting {
  readonly server: Side;
  readonly client: Side;
  /** Session tickets that the client was given. */
  readonly sessions: readonly Buffer[];
}

export async function meet(
  serverOptions: TlsOptions,
  clientOptions: ConnectionOptions,
  host = '127.0.0.1',
): Promise<Meeting> {
  const server = createServer(serverOptions);
  const serverSide = new Promise<Side>((resolve) => {
    server.on('tlsClientError', (error, socket) => {
      // A refused certificate hangs up; why stands on the socket, as text.
      const code: unknown = socket.authorizationError;
      resolve(refused(typeof code === 'string' ? code : error.message));
    });
    server.on('secureConnection', (socket) => {
      watch(socket, serverOptions, resolve);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...clientOptions, host, port });
  const sessions: Buffer[] = [];
  client.on('session', (session) => sessions.push(session));
  const clientSide = new Promise<Side>((resolve) => {
    client.on('error', (error: Error) => {
      resolve(refused(error.message));
    });
    client.once('secureConnect', () => {
      client.removeAllListeners('close');
      watch(client, clientOptions, resolve);
    });
    client.once('close', () => {
      resolve(refused('closed'));
    });
  });
  const sides = Promise.all([serverSide, clientSide]);
  try {
    const [seenByServer, seenByClient] = await withDeadline(sides, 8_000);
    return { server: seenByServer, client: seenByClient, sessions };
  } finally {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/**
 * Judges the socket at once, greets when the proof is good, and waits for the other's greeting. A
 * careless side takes anybody, so that every refusal is the other's.
 */
function watch(
  socket: TLSSocket,
  options: { readonly rejectUnauthorized?: boolean | undefined },
  done: (side: Side) => void,
): void {
  const proof = options.rejectUnauthorized === false ? ANYBODY : peerIdOf(socket);
  const resumed = socket.isSessionReused();
  let problem = 'closed';
  socket.on('error', (error: Error) => {
    problem = error.message;
  });
  socket.once('close', () => {
    done({ proof: proof.ok ? { ok: false, reason: problem } : proof, heard: false, resumed });
  });
  if (!proof.ok) {
    socket.destroy();
    return;
  }
  socket.once('data', () => {
    done({ proof, heard: true, resumed });
  });
  socket.write('hello');
}

const ANYBODY: PeerProof = {
  ok: true,
  nodeId: new Uint8Array(32),
  certificate: Buffer.alloc(0),
  serial: '0',
  notAfterMs: Infinity,
};

function refused(reason: string): Side {
  return { proof: { ok: false, reason }, heard: false, resumed: false };
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no outcome within ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
