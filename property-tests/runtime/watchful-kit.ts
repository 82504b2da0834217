/**
 * Nodes that watch the files of their identity, as `orrery node` does: what a test changes on disk
 * is what they go by.
 */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { watchIdentity } from '../../runtime/identity/identity-watch.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { silentLog } from '../../runtime/log.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { identityAt, networkOf } from './node-kit.ts';
import type { Site } from './node-kit.ts';

export interface Member {
  readonly node: RunningNode;
  readonly dataDir: string;
  readonly identity: Identity;
  /** How often it has taken over a newer identity. */
  readonly replaced: () => number;
}

/** Nodes of one network, all joined. */
export async function watchful(
  t: ExecutionContext,
  site: Site,
  count: number,
): Promise<readonly Member[]> {
  const identities: Identity[] = [];
  for (let i = 0; i < count; i++) identities.push(await identityAt(site, `node${i}`));
  const nodes = await networkOf(t, site, count, (i) => {
    const identity = identities[i];
    return identity === undefined ? {} : { identity };
  });
  return nodes.map((node, i) => {
    const dataDir = join(site.dir, `node${i}`);
    const identity = identities[i] ?? t.fail();
    const replaced = watched(t, dataDir, identity, node.replaceIdentity);
    return { node, dataDir, identity, replaced };
  });
}

/** Watches the files of one identity for as long as the test runs. */
export function watched(
  t: ExecutionContext,
  dataDir: string,
  identity: Identity,
  replace: (next: Identity) => void,
): () => number {
  let replaced = 0;
  const use = (next: Identity): void => {
    replace(next);
    replaced += 1;
  };
  const paths = identityPaths(dataDir);
  const watch = watchIdentity(paths, () => readIdentity(paths), identity, use, silentLog);
  t.teardown(() => {
    watch.end();
  });
  return () => replaced;
}
