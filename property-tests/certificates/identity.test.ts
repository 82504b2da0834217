/**
 * Laws of identity: the id of a certificate has one reading, the files of a node are judged
 * together, and a publisher's certificate is judged at the time of publication.
 *
 * Invariant under test: bytes of others never throw; files of ours fail with one line each.
 */
import { generateKeyPairSync } from 'node:crypto';
import { appendFile, chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { DAY_MS } from '../../runtime/clock.ts';
import { UsageError } from '../../runtime/failure.ts';
import { CLIENT_USAGE, nodeIdOfAltNames } from '../../runtime/identity/certificate.ts';
import { parseCertificate, plainSerial, readLeaf } from '../../runtime/identity/certificate.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import { signBytes, verifyBytes } from '../../runtime/identity/identity.ts';
import type { Identity, IdentityPaths } from '../../runtime/identity/identity.ts';
import { certificateVerifier } from '../../runtime/identity/publishers.ts';
import { revokeCertificates } from '../../runtime/identity/revocations.ts';
import { runs } from '../parameters.ts';
import { derOf, newAuthority, newIdentity, oddMaterial, pemOf, scratch } from './identity-kit.ts';

const hexDigit = fc.constantFrom(...Array.from('0123456789abcdef'));
const nodeHex = fc.string({ unit: hexDigit, minLength: 64, maxLength: 64 });
const notNodeHex = fc.oneof(
  fc.string({ unit: hexDigit, maxLength: 63 }),
  fc.string({ unit: hexDigit, minLength: 65, maxLength: 130 }),
  nodeHex.map((hex) => `${hex.slice(0, 63)}G`),
  nodeHex.map((hex) => `${hex.slice(0, 63)}A`),
  nodeHex.map((hex) => `${hex} `),
);
const goodEntry = nodeHex.map((hex) => ({ text: `URI:urn:orrery:node:${hex}`, id: hex }));
const badEntry = fc
  .tuple(fc.constantFrom('urn:orrery:node:', 'URN:orrery:node:', 'urn:orrery:'), notNodeHex)
  .map(([head, tail]) => ({ text: `URI:${head}${tail}`, id: 'malformed' }));
const letter = fc.constantFrom(...Array.from('abc:./-=URInode '));
const safeText = fc.string({ unit: letter, maxLength: 30 });
const otherEntry = fc.oneof(
  safeText.map((text) => ({ text: `DNS:${text}`, id: undefined })),
  fc.ipV4().map((ip) => ({ text: `IP Address:${ip}`, id: undefined })),
  // What node:crypto makes of a name with a comma or a quote in it: one quoted entry.
  goodEntry.map(({ text }) => ({
    text: `URI:${JSON.stringify(`urn:x", ${text}, DNS:y`)}`,
    id: undefined,
  })),
);

test('a node id is read from exactly one well-formed entry, whatever stands beside it', (t) => {
  const entries = fc.array(fc.oneof(goodEntry, badEntry, otherEntry, otherEntry), { maxLength: 5 });
  let accepted = 0;
  fc.assert(
    fc.property(entries, (list) => {
      const ours = list.flatMap(({ id }) => (id === undefined ? [] : [id]));
      const [only] = ours;
      const fits = ours.length === 1 && only !== 'malformed';
      const read = nodeIdOfAltNames(list.map(({ text }) => text).join(', '));
      if (fits && read.ok) accepted += 1;
      return fits
        ? read.ok && read.nodeIdHex === only && Buffer.from(read.nodeId).toString('hex') === only
        : !read.ok;
    }),
    runs(2000),
  );
  t.true(accepted > 100);
});

test('a random alternative name never throws and never gives an id', (t) => {
  const noise = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...Array.from('URI:urn:orrery:node:0f", \\')) }),
  );
  const isNone = (text: string): boolean => !nodeIdOfAltNames(text).ok;
  fc.assert(fc.property(noise, isNone), runs(100));
  t.false(nodeIdOfAltNames(undefined).ok);
});

test('a name made to look like an id is none, in a real certificate', async (t) => {
  const { authority } = await makeNode(t);
  const real = { type: 'url', value: `urn:orrery:node:${'ab'.repeat(32)}` } as const;
  const fake = { type: 'url', value: `urn:x, URI:urn:orrery:node:${'cd'.repeat(32)}` } as const;
  const read = async (altNames: (typeof real | typeof fake)[]): Promise<string> => {
    const leaf = readLeaf(mustParse(derOf(await oddMaterial(authority, { altNames }))));
    return leaf.ok ? leaf.nodeIdHex : leaf.reason;
  };
  t.is(await read([fake, real]), 'ab'.repeat(32));
  t.regex(await read([fake]), /no node id/);
});

test('damaged certificates never throw and never verify', async (t) => {
  const { identity } = await makeNode(t);
  const verifier = certificateVerifier(identity);
  const der = identity.certificateDer;
  t.truthy(verifier(der, Date.now()));
  const flip = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(flip, ([at, mask]) => {
      const damaged = Uint8Array.from(der);
      damaged[at] = (damaged[at] ?? 0) ^ mask;
      const parsed = parseCertificate(damaged);
      if (parsed !== undefined) readLeaf(parsed);
      return verifier(damaged, Date.now()) === undefined;
    }),
    runs(500),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (noise) => !verifier(noise, Date.now())),
    runs(100),
  );
  t.is(verifier(Uint8Array.from([...der, 0]), Date.now()), undefined);
});

interface Refusal {
  readonly title: string;
  readonly spoil: (node: Node) => Promise<unknown>;
  readonly says: RegExp;
  readonly nowMs?: number;
}

const refusals: readonly Refusal[] = [
  ...(['certificate', 'key', 'authority', 'revoked'] as const).map((file) => ({
    title: `${file} missing`,
    spoil: async ({ paths }: Node) => await rm(paths[file]),
    says: /is missing: .*(orrery ca issue|copy revoked\.crl)/,
  })),
  {
    title: 'key of another pair',
    spoil: async ({ paths }) => await writeFile(paths.key, newKey('ed25519')),
    says: /is not the key of/,
  },
  {
    title: 'key not Ed25519',
    spoil: async ({ paths }) => await writeFile(paths.key, newKey('x25519')),
    says: /not an Ed25519 key/,
  },
  {
    title: 'certificate of another authority',
    spoil: async ({ dir, paths }) => {
      const foreign = await newAuthority(join(dir, 'foreign'));
      await writeFile(paths.authority, foreign.certificate.toString());
    },
    says: /was not signed by/,
  },
  { title: 'expired', spoil: idle, says: /expired on/, nowMs: Date.now() + 91 * DAY_MS },
  {
    title: 'not yet valid',
    spoil: async (node) =>
      await useOdd(node, { notBeforeMs: Date.now() + DAY_MS, notAfterMs: Date.now() + 9 * DAY_MS }),
    says: /only from/,
  },
  {
    title: 'without an id',
    spoil: async (node) => await useOdd(node, { altNames: [] }),
    says: /no node id/,
  },
  {
    title: 'for one usage only',
    spoil: async (node) => await useOdd(node, { usages: [CLIENT_USAGE] }),
    says: /both server and client/,
  },
  {
    title: 'revoked itself',
    spoil: async ({ authority, identity, paths }) => {
      await revokeCertificates(authority, identity.serial, 'superseded');
      await copyFile(join(authority.dir, 'revoked.crl'), paths.revoked);
    },
    says: /has been revoked/,
  },
  {
    title: 'list of another authority with the same name',
    spoil: async ({ dir, paths }) => {
      await newAuthority(join(dir, 'foreign'));
      await copyFile(join(dir, 'foreign', 'revoked.crl'), paths.revoked);
    },
    says: /not signed by this authority/,
  },
  {
    title: 'list out of date',
    spoil: async (node) => {
      const { authority } = node;
      const old = { days: 365, nowMs: Date.now() - 10 * DAY_MS };
      await rm(node.paths.certificate);
      await rm(node.paths.key);
      await newIdentity(authority, join(node.dir, 'node'), old);
    },
    says: /out of date since/,
    nowMs: Date.now() + 100 * DAY_MS,
  },
  {
    title: 'list damaged',
    spoil: async ({ paths }) => await writeFile(paths.revoked, 'nothing of the kind'),
    says: /not a revocation list/,
  },
  {
    title: 'two certificates in one file',
    spoil: async ({ paths, authority }) =>
      await appendFile(paths.authority, authority.certificate.toString()),
    says: /does not hold one certificate/,
  },
];

for (const { title, spoil, says, nowMs } of refusals) {
  test(`an identity is refused: ${title}`, async (t) => {
    const node = await makeNode(t);
    await spoil(node);
    const error = await t.throwsAsync(readIdentity(node.paths, nowMs), { instanceOf: UsageError });
    t.regex(error.message, says);
    t.false(error.message.includes('\n'));
  });
}

test('a key that others may read is refused where files have modes', async (t) => {
  if (process.platform === 'win32') {
    t.pass('files have no such modes here');
    return;
  }
  const { paths, identity } = await makeNode(t);
  for (const mode of [0o640, 0o604, 0o666]) {
    await chmod(paths.key, mode);
    const error = await t.throwsAsync(readIdentity(paths), { instanceOf: UsageError });
    t.regex(error.message, /chmod 600/);
  }
  await chmod(paths.key, 0o400);
  t.is((await readIdentity(paths)).nodeIdHex, identity.nodeIdHex);
  t.true((await readFile(paths.key, 'utf8')).includes('PRIVATE KEY'));
});

test("a publisher's certificate is judged at the time of publication", async (t) => {
  const { authority, identity, dir } = await makeNode(t);
  const publisher = await newIdentity(authority, join(dir, 'publisher'), { days: 30 });
  const nowMs = Date.now();
  const verifier = certificateVerifier(identity);
  for (const round of [1, 2]) {
    const found = verifier(publisher.certificateDer, nowMs);
    t.deepEqual(found?.nodeId, publisher.nodeId, `round ${round}`);
    t.is(verifier(publisher.certificateDer, nowMs + 31 * DAY_MS), undefined);
    t.is(verifier(publisher.certificateDer, nowMs - DAY_MS), undefined);
  }
  const found = verifier(publisher.certificateDer, nowMs);
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array({ maxLength: 80 }), (bytes, noise) => {
      if (found === undefined) return false;
      const signature = signBytes(publisher, bytes);
      const other = Uint8Array.from([...bytes, 1]);
      return (
        verifyBytes(found.publicKey, bytes, signature) &&
        !verifyBytes(found.publicKey, other, signature) &&
        !verifyBytes(found.publicKey, bytes, signBytes(identity, bytes)) &&
        !verifyBytes(found.publicKey, bytes, noise)
      );
    }),
    runs(100),
  );
  const foreign = await newAuthority(join(dir, 'foreign'));
  t.is(verifier(derOf(await oddMaterial(foreign)), nowMs), undefined);
  for (const changes of [{ usages: [] }, { authority: true }]) {
    t.is(verifier(derOf(await oddMaterial(authority, changes)), nowMs), undefined);
  }
  await revokeCertificates(authority, publisher.nodeIdHex, 'key-compromise');
  await copyFile(join(authority.dir, 'revoked.crl'), identityPaths(join(dir, 'node')).revoked);
  const informed = await readIdentity(identityPaths(join(dir, 'node')));
  t.deepEqual([...informed.revoked], [plainSerial(publisher.serial)]);
  t.true(certificateVerifier(informed)(publisher.certificateDer, nowMs)?.isRevoked);
});

interface Node {
  readonly dir: string;
  readonly authority: Awaited<ReturnType<typeof newAuthority>>;
  readonly paths: IdentityPaths;
  readonly identity: Identity;
}

async function makeNode(t: ExecutionContext): Promise<Node> {
  const dir = await scratch(t);
  const authority = await newAuthority(join(dir, 'authority'));
  const identity = await newIdentity(authority, join(dir, 'node'));
  return { dir, authority, paths: identityPaths(join(dir, 'node')), identity };
}

async function useOdd(node: Node, changes: Parameters<typeof oddMaterial>[1]): Promise<void> {
  const material = await oddMaterial(node.authority, changes);
  await writeFile(node.paths.certificate, material.cert);
  await writeFile(node.paths.key, material.key);
}

function newKey(type: 'ed25519' | 'x25519'): string {
  const pair = type === 'ed25519' ? generateKeyPairSync(type) : generateKeyPairSync(type);
  return pemOf(pair.privateKey);
}

function mustParse(der: Uint8Array): NonNullable<ReturnType<typeof parseCertificate>> {
  const certificate = parseCertificate(der);
  if (certificate === undefined) throw new Error('the certificate cannot be parsed');
  return certificate;
}

async function idle(): Promise<void> {
  await Promise.resolve();
}
