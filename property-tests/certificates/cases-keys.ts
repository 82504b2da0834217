/**
 * The certificate matrix: keys of other kinds, and proofs that a peer cannot give: for a
 * certificate of somebody else, by a signature of another kind, or by none.
 *
 * Each kind of key comes twice: with the stack of Node, which does not show a certificate that our
 * side has no use for, and with a peer that shows it all the same.
 */
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import { endAt } from '../runtime/link-kit.ts';
import type { End } from '../runtime/link-kit.ts';
import { identityAt } from '../runtime/node-kit.ts';
import { both, certificate, goodMaterial, idName, manners, materialOf } from './case-kit.ts';
import { pemOfIdentity, shown } from './case-kit.ts';
import { newAuthority, newIdentity, oddMaterial } from './identity-kit.ts';
import type { Material } from './identity-kit.ts';
import type { Case, Plan, World } from './matrix-kit.ts';
import { hugeRsaKey, leafExtensions, newEd25519, rsaKey, signOdd } from './odd-certificates.ts';
import { bareStranger, bareWith } from './strangers.ts';
import type { Stranger } from './strangers.ts';

const NO_ED25519 = /PEER_DID_NOT_RETURN_A_CERTIFICATE|HANDSHAKE_FAILURE/;
const WRONG_KIND = /WRONG_SIGNATURE_TYPE/;

const keyed =
  (make: () => KeyObject) =>
  async ({ site }: World): Promise<Material> =>
    await signOdd(site.dir, materialOf(site.authority), {
      extensions: leafExtensions(),
      key: make(),
    });

function keyCases(name: string, make: () => KeyObject): readonly Case[] {
  const insisting = manners(WRONG_KIND, {}, keyed(make));
  return [
    certificate(`with ${name}`, NO_ED25519, keyed(make)),
    { title: `with ${name}, shown unasked`, dialling: insisting, listening: insisting },
  ];
}

const kinds: readonly Case[] = [
  ...keyCases('an RSA key of 1,024 bits', () => rsaKey(1024)),
  ...keyCases('an RSA key of 2,048 bits', () => rsaKey(2048)),
  ...keyCases('an RSA key of 16,384 bits', () => hugeRsaKey()),
  ...keyCases('a P-256 key', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  certificate(
    'with an Ed448 key',
    NO_ED25519,
    keyed(() => generateKeyPairSync('ed448').privateKey),
  ),
];

/** One peer that proves itself in its own way, in both directions. */
function proving(title: string, says: RegExp, changes: Parameters<typeof manners>[1]): Case {
  const side = manners(says, changes);
  return { title, dialling: side, listening: side };
}

const proofs: readonly Case[] = [
  proving('good, and proved by nothing', /UNEXPECTED_MESSAGE/, { prove: undefined }),
  proving('good, and proved with noise', /BAD_SIGNATURE/, {
    prove: () => ({ scheme: 0x0807, signature: randomBytes(64) }),
  }),
  {
    title: 'good, and proved with a signature of the other side',
    dialling: manners(/BAD_SIGNATURE/, { provesAs: 'server' }),
    listening: manners(/BAD_SIGNATURE/, { provesAs: 'client' }),
  },
  proving('good, and a handshake that ends wrongly', /DIGEST_CHECK_FAILED/, {
    wrongFinished: true,
  }),
  both('with an RSA key, proved with SHA-1', WRONG_KIND, async (world) => {
    const material = await keyed(() => rsaKey(2048))(world);
    const key = createPrivateKey(material.key);
    const prove = (content: Buffer): { scheme: number; signature: Buffer } => ({
      scheme: 0x0201,
      signature: sign('sha1', content, key),
    });
    return { stranger: bareStranger(() => ({ ...bareWith(material), prove })) };
  }),
];

/** A neighbour of ours that is up, and whoever comes under its id. */
function asNeighbour(
  title: string,
  says: RegExp,
  plan: (world: World, neighbour: Awaited<ReturnType<typeof identityAt>>) => Promise<Plan>,
): Case {
  return both(title, says, async (world) => {
    const identity = await identityAt(world.site, 'neighbour');
    const before = async (ours: End): Promise<void> => {
      const end = await endAt(world.t, world.site, 'neighbour', { identity });
      world.t.truthy(await end.links.introduce([ours.listen]));
    };
    return { ...(await plan(world, identity)), before };
  });
}

const ids: readonly Case[] = [
  asNeighbour(
    'of a foreign authority, with the id of a live node',
    /UNABLE_TO/,
    async (world, it) => {
      const foreign = await newAuthority(join(world.site.dir, 'foreign'));
      return shown(await oddMaterial(foreign, { altNames: [idName(it.nodeIdHex)] }));
    },
  ),
  asNeighbour('of a live node, without its key', /BAD_SIGNATURE/, async (_world, it) => {
    const { cert } = pemOfIdentity(it);
    const key = newEd25519().export({ type: 'pkcs8', format: 'pem' }).toString();
    const options = bareWith({ cert, key });
    return await Promise.resolve({ stranger: bareStranger(() => options) });
  }),
  {
    title: 'good, at the address of another node',
    dialling: {
      why: 'a hello carries no id, so whoever dials cannot say one thing and prove another',
    },
    listening: {
      says: /another peer is there/,
      plan: async (world) => {
        const { nodeId } = await newIdentity(world.site.authority, join(world.site.dir, 'other'));
        return { ...shown(await goodMaterial(world)), expected: nodeId };
      },
    },
  },
  both('with our own id and another key', /our own id/, async ({ site, ours }) => {
    const { nodeIdHex } = await readIdentity(identityPaths(ours));
    return shown(await oddMaterial(site.authority, { altNames: [idName(nodeIdHex)] }));
  }),
  both('our own node', /our own id/, async () => await Promise.resolve(ourselves())),
];

/** Our own dialler calls our own listener. */
function ourselves(): Plan {
  const met: { ours?: End } = {};
  let open = 0;
  const end = (): void => undefined;
  const visit = { heard: () => 0, begun: () => 1, open: () => open, end };
  const stranger: Stranger = {
    dial: (_t, to) => {
      open = 1;
      void met.ours?.links.introduce([to]).then(() => (open = 0));
      return visit;
    },
    serve: async (t) => {
      const { listen } = met.ours ?? t.fail();
      return await Promise.resolve({ ...visit, listen });
    },
  };
  const before = async (ours: End): Promise<void> => {
    met.ours = ours;
    await Promise.resolve();
  };
  return { stranger, before };
}

export const keyAndIdCases = [...kinds, ...proofs, ...ids];
