/**
 * Where others can reach a node, and how many contacts of one subnet it takes, as its operator
 * says it: `--advertise HOST:PORT …`, `--client-only`, `--subnet-contacts BUCKET,TABLE`.
 */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { UsageError } from '../../runtime/failure.ts';
import { toAdvertise } from '../../runtime/links/address.ts';
import { K_MAX, SUBNET_PER_TABLE_MAX } from '../../src/limits.ts';
import type { Config } from '../../src/types.ts';
import type { WireAddress } from '../../src/wire-types.ts';

export interface ReachFlags {
  readonly advertise?: readonly string[] | undefined;
  readonly clientOnly?: boolean | undefined;
  readonly subnetContacts?: SubnetContacts | undefined;
}

export type SubnetContacts = Pick<Config, 'subnetPerBucket' | 'subnetPerTable'>;

/**
 * @returns what to say of the own addresses; undefined: those that the node listens on
 * @throws UsageError when an address is none that others can dial
 */
export function advertised(flags: ReachFlags): readonly WireAddress[] | undefined {
  const { advertise, clientOnly } = flags;
  if (clientOnly === true) {
    if (advertise === undefined) return [];
    throw new UsageError('--client-only and --advertise contradict each other: leave one out');
  }
  return advertise && toAdvertise(advertise, '--advertise');
}

/** For a flag: `BUCKET,TABLE`. */
export function subnetContactsFlag(text: string): SubnetContacts {
  const [, bucket, table] = /^(\d{1,5}),(\d{1,5})$/.exec(text.trim()) ?? [];
  const [subnetPerBucket, subnetPerTable] = [Number(bucket), Number(table)];
  if (subnetPerBucket <= K_MAX && subnetPerTable <= SUBNET_PER_TABLE_MAX) {
    return { subnetPerBucket, subnetPerTable };
  }
  throw new InvalidArgumentError(
    `It must be BUCKET,TABLE, at most ${K_MAX},${SUBNET_PER_TABLE_MAX}, as in 2,10; 0 is no limit.`,
  );
}
