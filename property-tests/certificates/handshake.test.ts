/**
 * Who may open a link: real TLS on loopback, each unfit peer once as a client and once as a server,
 * and no session ever resumed.
 *
 * A refusal must name its own cause, so a case cannot pass because something else went wrong.
 */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { DAY_MS } from '../../runtime/clock.ts';
import { keyPem } from '../../runtime/files.ts';
import type { Authority } from '../../runtime/identity/authority.ts';
import { CLIENT_USAGE, NODE_URN, SERVER_USAGE } from '../../runtime/identity/certificate.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { copyPublicFiles } from '../../runtime/identity/issuance.ts';
import { tlsOptions } from '../../runtime/identity/proof.ts';
import type { PeerProof } from '../../runtime/identity/proof.ts';
import { revokeCertificates } from '../../runtime/identity/revocations.ts';
import { careless, meet, newAuthority, newIdentity, oddMaterial } from './identity-kit.ts';
import { scratch } from './identity-kit.ts';
import type { Meeting } from './identity-kit.ts';

interface World {
  readonly dir: string;
  readonly authority: Authority;
  readonly judge: Identity;
}

interface Case {
  readonly title: string;
  readonly subject: (world: World) => Promise<TlsOptions & ConnectionOptions>;
  /** What the judge says of a client and of a server. */
  readonly client: RegExp;
  readonly server: RegExp;
}

const UNKNOWN_SIGNER = /UNABLE_TO_VERIFY|UNABLE_TO_GET_CRL|unable to (verify|get certificate CRL)/i;
const NO_ED25519 = /did not return a certificate|no suitable signature|alert handshake failure/i;
const TICKET_KEYS = Buffer.alloc(48, 7);
const WRONG_USAGE = /INVALID_PURPOSE|unsuitable certificate purpose|both server and client/i;
const id = (hex: string): { type: 'url'; value: string } => ({
  type: 'url',
  value: `${NODE_URN}${hex}`,
});

const odd =
  (changes: Parameters<typeof oddMaterial>[1]) =>
  async ({ authority }: World): Promise<TlsOptions & ConnectionOptions> =>
    careless(await oddMaterial(authority, changes));

const withKey =
  (make: () => ReturnType<typeof generateKeyPairSync>) =>
  async ({ authority }: World): Promise<TlsOptions & ConnectionOptions> =>
    careless(await oddMaterial(authority, make()));

const cases: readonly Case[] = [
  {
    title: 'revoked',
    subject: async ({ authority, dir }) => {
      const subject = await newIdentity(authority, join(dir, 'subject'));
      await revokeCertificates(authority, subject.nodeIdHex, 'key-compromise');
      return tlsOptions(subject);
    },
    client: /CERT_REVOKED/,
    server: /certificate revoked/,
  },
  {
    title: 'of a foreign authority',
    subject: async ({ dir }) => {
      const foreign = await newAuthority(join(dir, 'foreign'));
      return careless(await oddMaterial(foreign));
    },
    client: UNKNOWN_SIGNER,
    server: UNKNOWN_SIGNER,
  },
  {
    title: 'without a certificate',
    subject: async () => await Promise.resolve(careless({})),
    client: /did not return a certificate/,
    server: /handshake failure/,
  },
  {
    title: 'expired',
    subject: odd({ notBeforeMs: Date.now() - 9 * DAY_MS, notAfterMs: Date.now() - 1000 }),
    client: /CERT_HAS_EXPIRED/,
    server: /expired/,
  },
  {
    title: 'not yet valid',
    subject: odd({ notBeforeMs: Date.now() + DAY_MS, notAfterMs: Date.now() + 2 * DAY_MS }),
    client: /CERT_NOT_YET_VALID/,
    server: /not yet valid/,
  },
  {
    title: 'self-signed',
    subject: async ({ authority }) => {
      const pair = generateKeyPairSync('ed25519');
      const self = { signingKey: pair.privateKey, issuerPublicKey: pair.publicKey, issuer: 'odd' };
      return careless(await oddMaterial(authority, { ...pair, ...self }));
    },
    client: UNKNOWN_SIGNER,
    server: UNKNOWN_SIGNER,
  },
  {
    title: 'without an id',
    subject: odd({ altNames: [{ type: 'dns', value: 'localhost' }] }),
    client: /no node id/,
    server: /no node id/,
  },
  {
    title: 'with two ids',
    subject: odd({ altNames: [id('01'.repeat(32)), id('02'.repeat(32))] }),
    client: /more than one node id/,
    server: /more than one node id/,
  },
  {
    title: 'with a malformed id',
    subject: odd({ altNames: [id('AB'.repeat(32))] }),
    client: /malformed node id/,
    server: /malformed node id/,
  },
  {
    title: 'with our own id',
    subject: async ({ authority, judge }) =>
      careless(await oddMaterial(authority, { altNames: [id(judge.nodeIdHex)] })),
    client: /our own id/,
    server: /our own id/,
  },
  {
    title: 'with an RSA key',
    subject: withKey(() => generateKeyPairSync('rsa', { modulusLength: 2048 })),
    client: NO_ED25519,
    server: NO_ED25519,
  },
  {
    title: 'with a P-256 key',
    subject: withKey(() => generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    client: NO_ED25519,
    server: NO_ED25519,
  },
  {
    title: 'for servers only',
    subject: odd({ usages: [SERVER_USAGE] }),
    client: WRONG_USAGE,
    server: WRONG_USAGE,
  },
  {
    title: 'for clients only',
    subject: odd({ usages: [CLIENT_USAGE] }),
    client: WRONG_USAGE,
    server: WRONG_USAGE,
  },
  {
    title: 'without a stated usage',
    subject: odd({ usages: [] }),
    client: WRONG_USAGE,
    server: WRONG_USAGE,
  },
  {
    title: 'the authority itself',
    subject: async ({ authority: { certificate, key } }) =>
      await Promise.resolve(careless({ cert: certificate.toString(), key: keyPem(key) })),
    client: WRONG_USAGE,
    server: WRONG_USAGE,
  },
  {
    title: 'over 4 KiB',
    subject: odd({
      altNames: [id('5e'.repeat(32)), ...Array.from({ length: 300 }, (_, n) => host(n))],
    }),
    client: /over 4096 bytes/,
    server: /cannot be read/,
  },
  {
    title: 'without our protocol name',
    subject: async ({ authority }) => {
      const { ALPNProtocols: _left, ...rest } = careless(await oddMaterial(authority));
      return rest;
    },
    client: /does not speak/,
    server: /does not speak/,
  },
  {
    title: 'on TLS 1.2',
    subject: async ({ authority }) => ({
      ...careless(await oddMaterial(authority)),
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
    }),
    client: /unsupported protocol/,
    server: /protocol version/,
  },
];

test('two nodes of one authority meet, both ways, on both families', async (t) => {
  const { authority, judge, dir } = await makeWorld(t);
  const other = await newIdentity(authority, join(dir, 'other'));
  for (const host of ['127.0.0.1', '::1']) {
    for (const [server, client] of [
      [judge, other],
      [other, judge],
    ] as const) {
      const seen = await meet(tlsOptions(server), tlsOptions(client), host);
      t.true(seen.server.heard && seen.client.heard);
      t.deepEqual(proved(seen.server.proof), [client.nodeId, client.certificateDer]);
      t.deepEqual(proved(seen.client.proof), [server.nodeId, server.certificateDer]);
    }
  }
});

test('what these cases call careless is accepted when nothing is odd about it', async (t) => {
  const { authority, judge } = await makeWorld(t);
  const subject = careless(await oddMaterial(authority));
  t.true((await meet(tlsOptions(judge), subject)).server.heard);
  t.true((await meet(subject, tlsOptions(judge))).client.heard);
});

for (const { title, subject, client, server } of cases) {
  test(`refused: ${title}`, async (t) => {
    const world = await makeWorld(t);
    const options = await subject(world);
    const judge = tlsOptions(await renewed(world));
    const asClient = await meet(judge, options);
    t.false(asClient.server.heard || asClient.client.heard);
    t.regex(reason(asClient.server.proof), client);
    const asServer = await meet(options, judge);
    t.false(asServer.server.heard || asServer.client.heard);
    t.regex(reason(asServer.client.proof), server);
  });
}

test('a session is never resumed, and a resumed one would be refused', async (t) => {
  const { authority, judge, dir } = await makeWorld(t);
  const guest = await newIdentity(authority, join(dir, 'guest'));
  const material = { cert: guest.certificatePem, key: keyPem(guest.key) };
  // A server that keeps tickets, to show that the offer of the client is a real one.
  const { secureOptions: _left, ...rest } = tlsOptions(judge);
  const lax: TlsOptions = { ...rest, ticketKeys: TICKET_KEYS };
  const first = await meet(lax, careless(material));
  t.true(first.server.heard && !first.server.resumed);
  const session = ticketOf(t, first);
  const atServer = await meet(lax, { ...careless(material), session });
  t.true(atServer.server.resumed);
  t.regex(reason(atServer.server.proof), /resumed/);
  t.false(atServer.client.heard);
  const ours = ticketOf(t, await meet(lax, tlsOptions(guest)));
  const atClient = await meet(lax, { ...tlsOptions(guest), session: ours });
  t.true(atClient.client.resumed);
  t.regex(reason(atClient.client.proof), /resumed/);
  t.false(atClient.server.heard);

  // The same offers to our own options lead to full handshakes, even with keys for tickets.
  const strict = { ...tlsOptions(judge), ticketKeys: TICKET_KEYS };
  const full = await meet(strict, { ...tlsOptions(guest), session: ours });
  const again = await meet(strict, { ...tlsOptions(guest), session: ticketOf(t, full) });
  for (const seen of [full, again]) {
    t.true(seen.server.heard && seen.client.heard);
    t.false(seen.server.resumed || seen.client.resumed);
  }
});

async function makeWorld(t: ExecutionContext): Promise<World> {
  const dir = await scratch(t);
  const authority = await newAuthority(join(dir, 'authority'));
  return { dir, authority, judge: await newIdentity(authority, join(dir, 'judge')) };
}

/** The judge with the newest revocation list. */
async function renewed({ authority, dir }: World): Promise<Identity> {
  await copyPublicFiles(authority, join(dir, 'judge'));
  return await readIdentity(identityPaths(join(dir, 'judge')));
}

function ticketOf(t: ExecutionContext, meeting: Meeting): Buffer {
  const [session] = meeting.sessions;
  t.truthy(session, 'the client was given a session to offer');
  return session ?? Buffer.alloc(0);
}

function proved(proof: PeerProof): unknown {
  return proof.ok ? [proof.nodeId, Uint8Array.from(proof.certificate)] : proof.reason;
}

function reason(proof: { ok: boolean; reason?: string }): string {
  return proof.reason ?? 'accepted';
}

function host(number: number): { type: 'dns'; value: string } {
  return { type: 'dns', value: `host-${number}.example` };
}
