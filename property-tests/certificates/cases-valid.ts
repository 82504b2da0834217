/**
 * The certificate matrix: who must be accepted. They show that the other cases are refused for
 * their own fault and not by the way in which they come.
 */
import { join } from 'node:path';
import { DAY_MS } from '../../runtime/clock.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import { renewInto, issueInto } from '../../runtime/identity/issuance.ts';
import { both, constrained, good, goodMaterial, hostNames, idName } from './case-kit.ts';
import { manners, materialOf, NOTHING, odd, pemOfIdentity, revoke } from './case-kit.ts';
import { shown, withExtensions } from './case-kit.ts';
import { newIdentity, oddMaterial } from './identity-kit.ts';
import type { Material } from './identity-kit.ts';
import type { Case, World } from './matrix-kit.ts';
import { leafExtensions, ODD_NAME } from './odd-certificates.ts';

/** Issued as an operator does it, and changed by the authority afterwards. */
const issued =
  (change: (world: World, dataDir: string, nodeIdHex: string) => Promise<unknown>) =>
  async (world: World): Promise<Material> => {
    const dataDir = join(world.site.dir, 'subject');
    const { nodeIdHex } = await newIdentity(world.site.authority, dataDir);
    await change(world, dataDir, nodeIdHex);
    return pemOfIdentity(await readIdentity(identityPaths(dataDir)));
  };

const asTheyCome = manners(NOTHING, {});

export const validCases: readonly Case[] = [
  good(
    'fresh',
    issued(async () => await Promise.resolve()),
  ),
  good(
    'renewed, with the same key',
    issued(async ({ site }, dataDir, id) => {
      await renewInto(site.authority, id, dataDir, { days: 30 });
    }),
  ),
  good(
    'renewed, with another key',
    issued(async ({ site }, dataDir, nodeIdHex) => {
      await issueInto(site.authority, dataDir, { nodeIdHex, replace: true });
    }),
  ),
  good(
    'fresh, with others on the revocation list',
    issued(async (world) => {
      for (const name of ['one', 'two']) {
        const { authority, dir } = world.site;
        await revoke(world, (await newIdentity(authority, join(dir, name))).serial);
      }
    }),
  ),
  good('valid for two more minutes', async ({ site }) => {
    const nowMs = Date.now();
    return await oddMaterial(site.authority, {
      notBeforeMs: nowMs - 1000,
      notAfterMs: nowMs + 120_000,
    });
  }),
  good('old, and valid for one more day', odd({ notBeforeMs: Date.now() - 300 * DAY_MS })),
  good('with the certificate of the authority behind it', async (world) => {
    const leaf = await goodMaterial(world);
    return { ...leaf, cert: leaf.cert + materialOf(world.site.authority).cert };
  }),
  good('just below 4 KiB', odd({ altNames: [idName('5e'.repeat(32)), ...hostNames(170)] })),
  {
    ...both('within the name constraints of our authority', NOTHING, async (world) => {
      const identity = await constrained(world, 'excluded;DNS:far.example');
      const names = [ODD_NAME, 'DNS:host.near.example'];
      return shown(await withExtensions(...leafExtensions({ names }))(world), identity);
    }),
    accepted: true,
  },
  { title: 'shown by the bare peer', accepted: true, dialling: asTheyCome, listening: asTheyCome },
];
