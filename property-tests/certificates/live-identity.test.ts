// The identity of a node that runs, under TLS: all its dials share one context, which is made anew
// when a newer identity takes its place, and shows and judges by that one from then on.
import { join } from 'node:path';
import test from 'ava';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import { copyPublicFiles, renewInto } from '../../runtime/identity/issuance.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { tlsOptions } from '../../runtime/identity/proof.ts';
import { revokeCertificates } from '../../runtime/identity/revocations.ts';
import { meet, newAuthority, newIdentity, scratch } from './identity-kit.ts';

test('dials share one context until the identity is replaced', async (t) => {
  const dir = await scratch(t);
  const authority = await newAuthority(join(dir, 'authority'));
  const [own, server] = [join(dir, 'own'), join(dir, 'server')];
  const live = new LiveIdentity(await newIdentity(authority, own));
  const judge = tlsOptions(await newIdentity(authority, server));
  const shown = async (): Promise<Uint8Array | undefined> => {
    const { server: seen } = await meet(judge, live.dialTls);
    return seen.proof.ok ? Uint8Array.from(seen.proof.certificate) : undefined;
  };
  const { secureContext } = live.dialTls;
  t.truthy(secureContext);
  for (let dial = 0; dial < 2; dial++) t.deepEqual(await shown(), live.now.certificateDer);
  t.is(live.dialTls.secureContext, secureContext);

  const before = live.now.certificateDer;
  await renewInto(authority, live.now.nodeIdHex, own, { days: 30 });
  live.replace(await readIdentity(identityPaths(own)));
  t.not(live.dialTls.secureContext, secureContext);
  t.notDeepEqual(live.now.certificateDer, before);
  t.deepEqual(await shown(), live.now.certificateDer);

  // By the newer list, the other side is nobody any more.
  const { nodeIdHex } = await readIdentity(identityPaths(server));
  await revokeCertificates(authority, nodeIdHex, 'key-compromise');
  await copyPublicFiles(authority, own);
  live.replace(await readIdentity(identityPaths(own)));
  t.false((await meet(judge, live.dialTls)).client.proof.ok);
});
