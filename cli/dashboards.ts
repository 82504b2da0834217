/**
 * Where the dashboards of several nodes on one host are: the address of the first, with the ports
 * of all behind `#`, from which each page makes its links to the others.
 *
 * Rule: the ports follow one another, as those of a cluster do.
 */
import { formatEndpoint } from '../runtime/links/address.ts';
import type { Endpoint } from '../runtime/links/address.ts';
import { ADMIN_PORT_OFFSET } from './settings/settings.ts';

/** Where the node that listens there has its dashboard. */
export function adminOfMember({ host, port }: Endpoint): Endpoint {
  return { host, port: port + ADMIN_PORT_OFFSET };
}

/** For a browser. */
export function dashboardsAt(first: Endpoint, count: number): string {
  return `http://${formatEndpoint(first)}/#nodes=${first.port}-${first.port + count - 1}`;
}
