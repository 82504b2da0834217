/**
 * Who a node is, for `startNode`: four files that an authority made (docs/operations.md,
 * Certificates), or on loopback those of a development authority.
 *
 * Rule: the runtime's modules are loaded when they are asked for; the one for certificates takes
 * 0.3 s.
 */
import type { Identity, IdentityPaths } from '../runtime/identity/identity.ts';

export interface DevelopmentOptions {
  /** Where the development authority is; made when it is not there. Its nodes share it. */
  readonly authorityDir: string;
  /** The data directory of the node: its certificate and key are made there. */
  readonly dataDir: string;
}

/**
 * Reads an identity that `orrery ca issue` made, and checks that peers will accept it.
 *
 * @param from the directory of node.crt, node.key, authority.crt and revoked.crl, or their paths
 * @throws UsageError when one is missing, stale, revoked or not of the others
 */
export async function loadIdentity(from: string | IdentityPaths): Promise<Identity> {
  const { identityPaths, readIdentity } = await import('../runtime/identity/identity.ts');
  return await readIdentity(typeof from === 'string' ? identityPaths(from) : from);
}

/**
 * An identity for tests and trials on one machine. Whoever can read the authority's directory can
 * make more of them.
 *
 * @throws UsageError when the data directory holds an identity of another authority
 */
export async function developmentIdentity(options: DevelopmentOptions): Promise<Identity> {
  const { developmentIdentity: make } = await import('../runtime/identity/development.ts');
  return (await make(options)).identity;
}
