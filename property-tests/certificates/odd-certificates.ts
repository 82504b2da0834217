/**
 * Certificates that our own signer does not make: of other keys, signatures, extensions and chains.
 * The openssl command signs them, so a test judges what an authority of another make could issue.
 */
import { execFile, spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pemOf } from './identity-kit.ts';
import type { Material } from './identity-kit.ts';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface OddRequest {
  /** Lines of an extension section; see x509v3_config(5). */
  readonly extensions: readonly string[];
  readonly key?: KeyObject;
  readonly subject?: string;
  readonly sha1?: boolean;
}

/** Signs with the certificate and key of anybody; without an issuer it signs itself. */
export async function signOdd(
  dir: string,
  issuer: Material | undefined,
  { extensions, subject = 'odd', sha1 = false, key = newEd25519() }: OddRequest,
): Promise<Material> {
  const at = join(dir, randomUUID());
  await mkdir(at);
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(at, name), text);
    return join(at, name);
  };
  const own = await write('own.key', pemOf(key));
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const signer =
    issuer === undefined
      ? ['-key', own]
      : [
          ...['-force_pubkey', await write('own.pub', publicKey)],
          ...['-CA', await write('issuer.crt', issuer.cert)],
          ...['-CAkey', await write('issuer.key', issuer.key)],
        ];
  const extensionFile = await write('extensions', `${extensions.join('\n')}\n`);
  await run('openssl', [
    ...['x509', '-new', '-subj', `/CN=${subject}`, '-set_serial', `0x4${serial()}`],
    ...['-days', '9', '-extfile', extensionFile, '-out', join(at, 'odd.crt')],
    ...(sha1 ? ['-sha1'] : []),
    ...signer,
  ]);
  return { cert: await readFile(join(at, 'odd.crt'), 'utf8'), key: pemOf(key) };
}

/** The extensions of a node's certificate, without its id and usages where others are given. */
export function leafExtensions({
  keyUsage = 'critical,digitalSignature',
  extendedKeyUsage = 'serverAuth,clientAuth',
  names = [ODD_NAME],
}: {
  readonly keyUsage?: string;
  readonly extendedKeyUsage?: string;
  readonly names?: readonly string[];
} = {}): string[] {
  return [
    'basicConstraints=critical,CA:FALSE',
    `keyUsage=${keyUsage}`,
    `extendedKeyUsage=${extendedKeyUsage}`,
    `subjectAltName=${names.join(',')}`,
  ];
}

/** The id that `oddMaterial` writes as well. */
export const ODD_NAME = `URI:urn:orrery:node:${'5e'.repeat(32)}`;

export const AUTHORITY_EXTENSIONS: readonly string[] = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
];

export function newEd25519(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

/** One per size: to make one takes longer than all that is done with it. */
export function rsaKey(bits: number): KeyObject {
  const known = rsaKeys.get(bits);
  if (known !== undefined) return known;
  const made = generateKeyPairSync('rsa', { modulusLength: bits });
  rsaKeys.set(bits, made.privateKey);
  return made.privateKey;
}

/**
 * A working RSA key of 16,384 bits at once, where a search for primes takes half a minute: the
 * exponents of these Mersenne primes add up to that. As secret as it is well known.
 */
export function hugeRsaKey(): KeyObject {
  const p = mersenne(11_213);
  const others = [4423, 607, 107, 31, 3].map(mersenne);
  const q = others.reduce((product, one) => product * one);
  const lambda = others.map((one) => one - 1n).reduce(leastMultiple);
  const fields = {
    n: p * q,
    e: EXPONENT,
    d: inverse(EXPONENT, leastMultiple(p - 1n, lambda)),
    p,
    q,
    dp: inverse(EXPONENT, p - 1n),
    dq: inverse(EXPONENT, lambda),
    qi: inverse(q, p),
  };
  const texts = Object.entries(fields).map(([name, value]) => [name, base64url(value)]);
  const key = { kty: 'RSA', ...(Object.fromEntries(texts) as Record<string, string>) };
  return createPrivateKey({ key, format: 'jwk' });
}

function mersenne(exponent: number): bigint {
  return (1n << BigInt(exponent)) - 1n;
}

function leastMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y > 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}

function inverse(of: bigint, modulus: bigint): bigint {
  let [r, s] = [of % modulus, 1n];
  let [nextR, nextS] = [modulus, 0n];
  while (nextR > 0n) {
    const quotient = r / nextR;
    [r, nextR] = [nextR, r - quotient * nextR];
    [s, nextS] = [nextS, s - quotient * nextS];
  }
  return ((s % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

function serial(): string {
  return randomUUID().replaceAll('-', '').slice(1);
}

const run = promisify(execFile);
const EXPONENT = 65_537n;
const rsaKeys = new Map<number, KeyObject>();
