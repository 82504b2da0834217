/**
 * How cases of the certificate matrix are written down: one line says who the stranger is and what
 * our log must say of it. See `matrix-kit.ts` for what becomes of it.
 */
import { X509Certificate } from 'node:crypto';
import { keyPem } from '../../runtime/files.ts';
import { lockAuthority } from '../../runtime/identity/authority.ts';
import type { Authority } from '../../runtime/identity/authority.ts';
import { NODE_URN } from '../../runtime/identity/certificate.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { revokeCertificates } from '../../runtime/identity/revocations.ts';
import type { BareOptions } from './bare-tls.ts';
import { careless, oddMaterial } from './identity-kit.ts';
import type { Material } from './identity-kit.ts';
import { ownIdentity } from './matrix-kit.ts';
import type { Case, Plan, Side, World } from './matrix-kit.ts';
import { AUTHORITY_EXTENSIONS, signOdd } from './odd-certificates.ts';
import { bareStranger, bareWith, stackStranger } from './strangers.ts';

type Make = (world: World) => Promise<Partial<Material>>;

/** The same plan in both directions. */
export function both(title: string, says: RegExp, plan: (world: World) => Promise<Plan>): Case {
  return { title, dialling: { says, plan }, listening: { says, plan } };
}

/** A certificate shown by a peer that is in order otherwise, in both directions. */
export function certificate(title: string, says: RegExp, make: Make): Case {
  return both(title, says, async (world) => shown(await make(world)));
}

/** One that is good. */
export function good(title: string, make: Make): Case {
  return { ...certificate(title, NOTHING, make), accepted: true };
}

/** Only what the peer does is odd; its certificate is good, unless one is made. */
export function manners(
  says: RegExp,
  changes: Partial<BareOptions>,
  make: (world: World) => Promise<Material> = goodMaterial,
): Side {
  const plan = async (world: World): Promise<Plan> => {
    const options = { ...bareWith(await make(world)), ...changes };
    return { stranger: bareStranger(() => options) };
  };
  return { says, plan };
}

export function shown(material: Partial<Material>, identity?: Identity): Plan {
  const options = careless(material);
  const stranger = stackStranger(() => options);
  return identity === undefined ? { stranger } : { stranger, identity };
}

export async function goodMaterial({ site }: World): Promise<Material> {
  return await oddMaterial(site.authority);
}

/** Good, but for these changes. */
export function odd(changes: Parameters<typeof oddMaterial>[1]): Make & typeof goodMaterial {
  return async ({ site }) => await oddMaterial(site.authority, changes);
}

/** Signed by the real authority, with extensions that our own signer does not write. */
export function withExtensions(...extensions: readonly string[]): typeof goodMaterial {
  return async ({ site }) => await signOdd(site.dir, materialOf(site.authority), { extensions });
}

/** Our identity under an authority whose certificate, of the same key, constrains names. */
export async function constrained(world: World, names: string): Promise<Identity> {
  const { name: subject, key } = world.site.authority;
  const extensions = [...AUTHORITY_EXTENSIONS, `nameConstraints=critical,${names}`];
  const { cert } = await signOdd(world.site.dir, undefined, { extensions, subject, key });
  const identity = await ownIdentity(world);
  return { ...identity, authorityPem: cert, authority: new X509Certificate(cert) };
}

/** The newest list of the authority has this certificate, or all of this id. */
export async function revoke({ site }: World, selector: string): Promise<void> {
  await lockAuthority(site.authority.dir, async () => {
    await revokeCertificates(site.authority, selector, 'key-compromise');
  });
}

export function materialOf(authority: Pick<Authority, 'certificate' | 'key'>): Material {
  return { cert: authority.certificate.toString(), key: keyPem(authority.key) };
}

export function pemOfIdentity({ certificatePem, key }: Identity): Material {
  return { cert: certificatePem, key: keyPem(key) };
}

export function idName(hex: string): { readonly type: 'url'; readonly value: string } {
  return { type: 'url', value: `${NODE_URN}${hex}` };
}

/** What makes a certificate long. */
export function hostNames(
  count: number,
): readonly { readonly type: 'dns'; readonly value: string }[] {
  return Array.from({ length: count }, (_, n) => ({ type: 'dns', value: `host-${n}.example` }));
}

/** What the log says of those that are accepted is not looked at. */
export const NOTHING = /^$/;
