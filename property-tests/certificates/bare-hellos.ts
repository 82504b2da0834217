/**
 * The hellos of TLS 1.3 (RFC 8446, section 4.1) as bytes: one cipher suite, one group (x25519), and
 * whatever extensions a test wants besides.
 *
 * The extensions of a hello that offers a session must end with that offer, so further ones come
 * last.
 */
import { createPublicKey, diffieHellman, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { lengthed } from './bare-records.ts';

export const EXTENSION = {
  groups: 10,
  algorithms: 13,
  alpn: 16,
  preSharedKey: 41,
  earlyData: 42,
  versions: 43,
  preSharedModes: 45,
  keyShare: 51,
} as const;

export function clientHello(
  publicKey: KeyObject,
  alpn: string | undefined,
  further: readonly Buffer[],
): Buffer {
  const groups = lengthed(2, X25519);
  const share = lengthed(2, Buffer.concat([X25519, lengthed(2, rawKey(publicKey))]));
  const extensions = [
    extension(EXTENSION.versions, lengthed(1, TLS_1_3)),
    extension(EXTENSION.groups, groups),
    extension(EXTENSION.algorithms, lengthed(2, SCHEMES)),
    extension(EXTENSION.keyShare, share),
    ...(alpn === undefined ? [] : [alpnExtension(alpn)]),
    ...further,
  ];
  const noSession = lengthed(1, Buffer.alloc(0));
  const ciphers = lengthed(2, CIPHER);
  const compressions = lengthed(1, Buffer.from([0]));
  const head = [TLS_1_2, randomBytes(32), noSession, ciphers, compressions];
  return Buffer.concat([...head, extensionList(extensions)]);
}

export function serverHello(
  publicKey: KeyObject,
  asked: Buffer,
  further: readonly Buffer[],
): Buffer {
  const share = Buffer.concat([X25519, lengthed(2, rawKey(publicKey))]);
  const extensions = [
    extension(EXTENSION.versions, TLS_1_3),
    extension(EXTENSION.keyShare, share),
    ...further,
  ];
  const head = [TLS_1_2, randomBytes(32), lengthed(1, sessionOf(asked)), CIPHER, Buffer.from([0])];
  return Buffer.concat([...head, extensionList(extensions)]);
}

/** The answer of a server that knows no later version than this one. */
export function oldServerHello(minor: number, asked: Buffer): Buffer {
  // ECDHE-ECDSA with AES-128-CBC, which all versions before 1.3 have.
  const cipher = Buffer.from([0xc0, 0x09]);
  const version = Buffer.from([3, minor]);
  const head = [version, randomBytes(32), lengthed(1, sessionOf(asked)), cipher, Buffer.from([0])];
  return Buffer.concat([...head, extensionList([])]);
}

/** The offer of a session that the other side never gave, with early data to follow or not. */
export function sessionOffer(withEarlyData: boolean): readonly Buffer[] {
  const identity = Buffer.concat([lengthed(2, randomBytes(32)), randomBytes(4)]);
  const binder = lengthed(1, randomBytes(32));
  return [
    extension(EXTENSION.preSharedModes, Buffer.from([1, 1])),
    ...(withEarlyData ? [extension(EXTENSION.earlyData, Buffer.alloc(0))] : []),
    extension(EXTENSION.preSharedKey, Buffer.concat([lengthed(2, identity), lengthed(2, binder)])),
  ];
}

export function extension(type: number, content: Buffer): Buffer {
  const name = Buffer.alloc(2);
  name.writeUInt16BE(type);
  return Buffer.concat([name, lengthed(2, content)]);
}

export function extensionList(extensions: readonly Buffer[]): Buffer {
  return lengthed(2, Buffer.concat([...extensions]));
}

export function alpnExtension(name: string): Buffer {
  return extension(EXTENSION.alpn, lengthed(2, lengthed(1, Buffer.from(name))));
}

/** What both sides have in common after the hello of the other one. */
export function sharedSecret(
  privateKey: KeyObject,
  hello: Buffer,
  of: 'client' | 'server',
): Buffer {
  const content = extensionsOf(hello, of).get(EXTENSION.keyShare) ?? Buffer.alloc(0);
  // A client may offer several groups: this one's key is found behind its name and length.
  const mark = Buffer.concat([X25519, Buffer.from([0, KEY_BYTES])]);
  const at = content.indexOf(mark) + mark.length;
  const key = Buffer.concat([SPKI_HEAD, content.subarray(at, at + KEY_BYTES)]);
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
  return diffieHellman({ privateKey, publicKey });
}

/** By their numbers. */
function extensionsOf(hello: Buffer, of: 'client' | 'server'): ReadonlyMap<number, Buffer> {
  let at = SESSION_AT + 1 + (hello[SESSION_AT] ?? 0);
  if (of === 'server') {
    at += 3;
  } else {
    at += 2 + hello.readUInt16BE(at);
    at += 1 + (hello[at] ?? 0);
  }
  at += 2;
  const found = new Map<number, Buffer>();
  while (at < hello.length) {
    const size = hello.readUInt16BE(at + 2);
    found.set(hello.readUInt16BE(at), hello.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return found;
}

function sessionOf(hello: Buffer): Buffer {
  return hello.subarray(SESSION_AT + 1, SESSION_AT + 1 + (hello[SESSION_AT] ?? 0));
}

function rawKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES);
}

/** Ed25519 first, then what a careless peer signs with: RSA of all kinds, SHA-1 as well. */
export const SCHEMES = Buffer.from('0807080408050806080904030401050106010201', 'hex');
const TLS_1_2 = Buffer.from([3, 3]);
const TLS_1_3 = Buffer.from([3, 4]);
const CIPHER = Buffer.from([0x13, 0x01]);
const X25519 = Buffer.from([0, 0x1d]);
const KEY_BYTES = 32;
/** What stands before the 32 bytes of an x25519 key in its DER form. */
const SPKI_HEAD = Buffer.from('302a300506032b656e032100', 'hex');
/** Version and random stand before the session id. */
const SESSION_AT = 34;
