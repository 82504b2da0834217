/**
 * `--classic`, or `identity = address` in the INI file: a node in a network with older nodes
 * (docs/classic.md). What such a network cannot have is refused here, with what to do instead.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { UsageError } from '../../runtime/failure.ts';
import { fromWireAddress, parseEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import type { WireAddress } from '../../src/wire-types.ts';

export interface ClassicWishes {
  readonly listen: Endpoint;
  /** What it says of where it is; undefined: where it listens. */
  readonly advertise: readonly WireAddress[] | undefined;
  readonly bootstrap: readonly string[];
  /** Whether anything was given that names voters or introducers. */
  readonly namesVoters: boolean;
}

/**
 * @returns the place that the node is known by
 * @throws UsageError when there is none of IPv4, or something is asked that needs certified ids
 */
export function classicPlace(wishes: ClassicWishes): Endpoint {
  const { listen, advertise, bootstrap, namesVoters } = wishes;
  if (namesVoters) {
    throw new UsageError(
      '--classic has no certified ids to vote for: leave out --voters, --introducers and the key ' +
        'voters of the INI file',
    );
  }
  for (const text of bootstrap) {
    const { host } = parseEndpoint(text, '--bootstrap');
    if (isIPv6(host)) throw new UsageError(`--bootstrap ${text} is IPv6, and ${IPV4_ONLY}`);
  }
  if (isIPv6(listen.host) && listen.host !== '::') throw new UsageError(notOne(listen.host));
  if (advertise !== undefined) return advertisedPlace(advertise);
  if (listen.host === 'localhost') return { ...listen, host: '127.0.0.1' };
  if (isIPv4(listen.host) && listen.host !== '0.0.0.0') return listen;
  throw new UsageError(notOne(listen.host));
}

function notOne(host: string): string {
  return (
    `-a ${host} is no single IPv4 address, and ${IPV4_ONLY}: listen on one, or on 0.0.0.0 and ` +
    'say by which this node is known with --advertise ADDR:PORT'
  );
}

function advertisedPlace(advertise: readonly WireAddress[]): Endpoint {
  const [first, second] = advertise;
  if (first === undefined) {
    throw new UsageError('--client-only and --classic contradict each other: an id is an address');
  }
  const at = first.family === 4 ? fromWireAddress(first) : undefined;
  if (at !== undefined && second === undefined) return at;
  throw new UsageError(
    `--advertise must be one IPv4 address: ${IPV4_ONLY}, and an id is one of it`,
  );
}

const IPV4_ONLY = '--classic speaks IPv4 only';
