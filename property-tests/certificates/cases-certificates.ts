/**
 * The certificate matrix: certificates that are wrong in themselves, shown by a peer whose TLS is
 * in order. Each has one fault; what is accepted without it stands in `cases-valid.ts`.
 */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { DAY_MS } from '../../runtime/clock.ts';
import { CLIENT_USAGE, SERVER_USAGE } from '../../runtime/identity/certificate.ts';
import { signRevocationList } from '../../runtime/identity/x509.ts';
import { both, certificate, constrained, goodMaterial, hostNames, idName } from './case-kit.ts';
import { materialOf, odd, pemOfIdentity, revoke, shown, withExtensions } from './case-kit.ts';
import { newAuthority, newIdentity, oddMaterial } from './identity-kit.ts';
import type { Material } from './identity-kit.ts';
import { ownIdentity } from './matrix-kit.ts';
import type { Case, World } from './matrix-kit.ts';
import { AUTHORITY_EXTENSIONS, leafExtensions, rsaKey } from './odd-certificates.ts';
import { ODD_NAME, signOdd } from './odd-certificates.ts';
import { bareStranger, bareWith } from './strangers.ts';

const UNKNOWN_SIGNER = /UNABLE_TO_(GET_CRL|VERIFY_LEAF_SIGNATURE)/;
/** `UNSPECIFIED` is all that a listener learns where node:tls has no name for a verdict. */
const NO_SIGNER = /UNSPECIFIED|does not include certificate signing/;
const WRONG_USAGE = /INVALID_PURPOSE|both server and client|an authority, not a node/;
const WRONG_KEY_USAGE = /INVALID_PURPOSE|key usage/;
const MALFORMED_ID = /malformed node id/;

const timeCases: readonly Case[] = [
  certificate(
    'expired',
    /CERT_HAS_EXPIRED/,
    odd({ notBeforeMs: Date.now() - 9 * DAY_MS, notAfterMs: Date.now() - 1000 }),
  ),
  certificate(
    'not yet valid',
    /CERT_NOT_YET_VALID/,
    odd({ notBeforeMs: Date.now() + DAY_MS, notAfterMs: Date.now() + 2 * DAY_MS }),
  ),
  certificate('revoked', /CERT_REVOKED/, async (world) => {
    const subject = await newIdentity(world.site.authority, join(world.site.dir, 'subject'));
    await revoke(world, subject.nodeIdHex);
    return pemOfIdentity(subject);
  }),
  both('good, while our revocation list is out of date', /CRL_HAS_EXPIRED/, async (world) => {
    const { certificate: issuer, key: signingKey } = world.site.authority;
    const thisUpdateMs = Date.now() - 3 * DAY_MS;
    const dates = { thisUpdateMs, nextUpdateMs: thisUpdateMs + DAY_MS };
    const spec = { issuer, signingKey, ...dates, number: 1, entries: [] };
    // What a node has that ran on while its list grew old: none starts with such a one.
    const identity = { ...(await ownIdentity(world)), crlPem: await signRevocationList(spec) };
    return shown(await goodMaterial(world), identity);
  }),
];

/** Signed by a foreign authority that goes by this name. */
const byForeign =
  (name: (world: World) => string, changes: Parameters<typeof oddMaterial>[1] = {}) =>
  async (world: World): Promise<Material> => {
    const foreign = await newAuthority(join(world.site.dir, 'foreign'));
    return await oddMaterial({ ...foreign, name: name(world) }, changes);
  };

/** Signed through further authorities below the real one, which are shown or not. */
const through =
  (intermediates: number, areShown: boolean) =>
  async ({ site }: World): Promise<Material> => {
    let issuer = materialOf(site.authority);
    const chain: string[] = [];
    for (let n = 0; n < intermediates; n += 1) {
      const request = { extensions: AUTHORITY_EXTENSIONS, subject: `intermediate ${n}` };
      issuer = await signOdd(site.dir, issuer, request);
      chain.unshift(issuer.cert);
    }
    const leaf = await signOdd(site.dir, issuer, { extensions: leafExtensions() });
    return { ...leaf, cert: [leaf.cert, ...(areShown ? chain : [])].join('') };
  };

const signerCases: readonly Case[] = [
  certificate(
    'of a foreign authority',
    UNKNOWN_SIGNER,
    byForeign(() => 'Foreign'),
  ),
  certificate(
    'of a foreign authority with the name of ours',
    UNKNOWN_SIGNER,
    byForeign(({ site }) => site.authority.name),
  ),
  certificate('with a forged signature of ours', /SIGNATURE/, async (world) => {
    const { name, certificate: own } = world.site.authority;
    return await byForeign(() => name, { issuerPublicKey: own.publicKey })(world);
  }),
  certificate('self-signed', UNKNOWN_SIGNER, async ({ site }) => {
    const pair = generateKeyPairSync('ed25519');
    const self = { signingKey: pair.privateKey, issuerPublicKey: pair.publicKey, issuer: 'odd' };
    return await oddMaterial(site.authority, { ...pair, ...self });
  }),
  certificate('signed by a node', NO_SIGNER, async ({ site }) => {
    const node = await newIdentity(site.authority, join(site.dir, 'signer'));
    const signer = pemOfIdentity(node);
    const leaf = await signOdd(site.dir, signer, { extensions: leafExtensions() });
    return { ...leaf, cert: leaf.cert + signer.cert };
  }),
  certificate('behind one intermediate', UNKNOWN_SIGNER, through(1, true)),
  certificate('behind three intermediates, a chain of depth 4', UNKNOWN_SIGNER, through(3, true)),
  certificate('behind an intermediate that is missing', UNKNOWN_SIGNER, through(1, false)),
  both('signed with SHA-1 by an RSA authority', UNKNOWN_SIGNER, async ({ site }) => {
    const request = { extensions: AUTHORITY_EXTENSIONS, subject: site.authority.name, sha1: true };
    const issuer = await signOdd(site.dir, undefined, { ...request, key: rsaKey(2048) });
    const leaf = await signOdd(site.dir, issuer, { extensions: leafExtensions(), sha1: true });
    // The stack of Node would not show it.
    const options = bareWith(leaf, issuer.cert);
    return { stranger: bareStranger(() => options) };
  }),
];

const usageCases: readonly Case[] = [
  certificate('without a stated usage', WRONG_USAGE, odd({ usages: [] })),
  certificate('for servers only', WRONG_USAGE, odd({ usages: [SERVER_USAGE] })),
  certificate('for clients only', WRONG_USAGE, odd({ usages: [CLIENT_USAGE] })),
  certificate('for signing code', WRONG_USAGE, odd({ usages: ['1.3.6.1.5.5.7.3.3'] })),
  certificate('for any usage', WRONG_USAGE, odd({ usages: ['2.5.29.37.0'] })),
  certificate(
    'whose key may only encipher',
    WRONG_KEY_USAGE,
    withExtensions(...leafExtensions({ keyUsage: 'critical,keyEncipherment' })),
  ),
  certificate(
    'whose key may only agree on keys',
    WRONG_KEY_USAGE,
    withExtensions(...leafExtensions({ keyUsage: 'critical,keyAgreement' })),
  ),
  certificate(
    'whose key may sign certificates',
    WRONG_KEY_USAGE,
    withExtensions(...leafExtensions({ keyUsage: 'critical,digitalSignature,keyCertSign' })),
  ),
  certificate(
    'whose key has no stated usage',
    WRONG_KEY_USAGE,
    withExtensions(...leafExtensions().filter((line) => !line.startsWith('keyUsage'))),
  ),
  certificate('the authority itself', WRONG_USAGE, async ({ site }) => {
    return await Promise.resolve(materialOf(site.authority));
  }),
  certificate('of an authority, with an id', /authority, not a node|PURPOSE/, async (world) => {
    const leaf = leafExtensions({ keyUsage: 'critical,digitalSignature,keyCertSign' });
    return await withExtensions('basicConstraints=critical,CA:TRUE', ...leaf.slice(1))(world);
  }),
  certificate(
    'with a critical extension that nobody knows',
    /UNSPECIFIED|unhandled critical extension/,
    withExtensions(...leafExtensions(), '1.2.3.4.5=critical,ASN1:UTF8String:odd'),
  ),
];

const nameCases: readonly Case[] = [
  certificate(
    'without an id',
    /no node id/,
    odd({ altNames: [{ type: 'dns', value: 'localhost' }] }),
  ),
  certificate('without names', /no node id/, odd({ altNames: [] })),
  certificate(
    'with two ids',
    /more than one node id/,
    odd({ altNames: [idName('01'.repeat(32)), idName('02'.repeat(32))] }),
  ),
  certificate('with a short id', MALFORMED_ID, odd({ altNames: [idName('ab'.repeat(31))] })),
  certificate('with an id in capitals', MALFORMED_ID, odd({ altNames: [idName('AB'.repeat(32))] })),
  certificate(
    'over 4 KiB',
    /over 4096 bytes|cannot be read/,
    odd({ altNames: [idName('5e'.repeat(32)), ...hostNames(300)] }),
  ),
  certificate(
    'over 100 KiB',
    /EXCESSIVE_MESSAGE_SIZE/,
    odd({ altNames: [idName('5e'.repeat(32)), ...hostNames(6000)] }),
  ),
  both(
    'outside the name constraints of our authority',
    /UNSPECIFIED|excluded subtree violation/,
    async (world) => {
      const identity = await constrained(world, 'excluded;DNS:far.example');
      const names = [ODD_NAME, 'DNS:host.far.example'];
      return shown(await withExtensions(...leafExtensions({ names }))(world), identity);
    },
  ),
];

export const certificateCases = [...timeCases, ...signerCases, ...usageCases, ...nameCases];
