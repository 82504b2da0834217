/**
 * A certified peer that sends what it likes: certificates of the node's own authority, made in
 * memory, and connections on which every byte is the caller's.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { connect, createSecureContext } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { DAY_MS } from '../../../runtime/clock.ts';
import { openAuthority } from '../../../runtime/identity/authority.ts';
import type { Authority } from '../../../runtime/identity/authority.ts';
import { CLIENT_USAGE, NODE_URN, SERVER_USAGE } from '../../../runtime/identity/certificate.ts';
import { signCertificate } from '../../../runtime/identity/x509.ts';
import type { Endpoint } from '../../../runtime/links/address.ts';
import { createReader } from '../../../runtime/stream.ts';
import { encodePeer, decodePeer } from '../../../src/codec/peer.ts';
import type { WireMessage } from '../../../src/wire-types.ts';
import { pemOf } from '../../certificates/identity-kit.ts';

export interface Credential {
  readonly nodeId: Uint8Array;
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
  readonly context: SecureContext;
}

export class Mint {
  readonly #authority: Authority;

  private constructor(authority: Authority) {
    this.#authority = authority;
  }

  static async open(dir: string): Promise<Mint> {
    return new Mint(await openAuthority(dir));
  }

  async issue(): Promise<Credential> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const nodeId = randomBytes(32);
    const nowMs = Date.now();
    const certificate = await signCertificate({
      serial: `40${randomBytes(15).toString('hex')}`,
      subject: 'raider',
      issuer: this.#authority.name,
      publicKey,
      signingKey: this.#authority.key,
      issuerPublicKey: this.#authority.certificate.publicKey,
      notBeforeMs: nowMs - DAY_MS,
      notAfterMs: nowMs + DAY_MS,
      authority: false,
      usages: [SERVER_USAGE, CLIENT_USAGE],
      altNames: [{ type: 'url', value: `${NODE_URN}${nodeId.toString('hex')}` }],
    });
    const context = createSecureContext({
      cert: certificate.toString(),
      key: pemOf(privateKey),
      minVersion: 'TLSv1.3',
      sigalgs: 'ed25519',
    });
    return { nodeId, certificate: Uint8Array.from(certificate.raw), key: privateKey, context };
  }
}

export class RawLink {
  readonly socket: TLSSocket;
  /** Resolves when the node has accepted us: its hello came. False: it never will. */
  readonly up: Promise<boolean>;
  /** Resolves with what the node said last, or `cut` when it said nothing. */
  readonly ended: Promise<string>;
  /** When the node ended it; 0: it has not. */
  endedAt = 0;

  constructor(
    to: Endpoint,
    credential: Credential,
    onMessage: (message: WireMessage) => void = () => undefined,
  ) {
    this.socket = connect({
      ...to,
      secureContext: credential.context,
      rejectUnauthorized: false,
      ALPNProtocols: ['orrery/1'],
      checkServerIdentity: () => undefined,
    });
    const { socket } = this;
    socket.setNoDelay(true);
    const reader = createReader(decodePeer);
    let last = 'cut';
    let onUp: (isUp: boolean) => void = () => undefined;
    this.up = new Promise((resolve) => {
      onUp = resolve;
    });
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      for (let next = reader.next(); next?.type === 'message'; next = reader.next()) {
        const { message } = next;
        if (message.type === 'hello') onUp(true);
        if (message.type === 'goodbye') last = message.reason;
        onMessage(message);
      }
    });
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        if (this.endedAt > 0) return;
        this.endedAt = performance.now();
        onUp(false);
        resolve(last);
        socket.destroy();
      };
      socket.on('error', end);
      socket.on('end', end);
      socket.on('close', end);
    });
  }

  send(bytes: Uint8Array): void {
    if (this.endedAt === 0) this.socket.write(bytes);
  }
}

/** A good hello of somebody whom nobody can dial. */
export const HELLO = encodePeer({
  type: 'hello',
  versionMin: 1,
  versionMax: 1,
  features: 0,
  identity: 'certificate',
  addresses: [],
});
