/**
 * The first and the last frame of a side of a link (`docs/wire.md`).
 *
 * A hello ends in an area of extensions (type u8, length u16, bytes, any number of them), so that
 * later versions can say more without breaking this one: each is checked to fit and skipped.
 */
import { assert } from '../assert.ts';
import type { GoodbyeReason, WireGoodbye, WireHello } from '../wire-types.ts';
import { addressesLength, readAddresses, writeAddresses } from './address.ts';
import type { Reader, Writer } from './bytes.ts';

export function helloLength({ addresses }: WireHello): number {
  return HELLO_FIXED_BYTES + addressesLength(addresses);
}

export function readHello(reader: Reader): WireHello | undefined {
  const versionMin = reader.u8();
  const versionMax = reader.u8();
  const features = reader.u32();
  const identity = IDENTITIES[reader.u8()];
  const addresses = readAddresses(reader, 0);
  while (reader.remaining > 0 && !reader.failed) {
    reader.u8();
    reader.skip(reader.u16());
  }
  if (identity === undefined || versionMin === 0 || versionMin > versionMax) return undefined;
  return { type: 'hello', versionMin, versionMax, features, identity, addresses };
}

export function writeHello(writer: Writer, hello: WireHello): void {
  assert(hello.versionMin > 0 && hello.versionMin <= hello.versionMax, 'versions are in order');
  writer.u8(hello.versionMin);
  writer.u8(hello.versionMax);
  writer.u32(hello.features);
  writer.u8(IDENTITIES.indexOf(hello.identity));
  writeAddresses(writer, hello.addresses, 0);
}

export function readGoodbye(reader: Reader): WireGoodbye | undefined {
  const reason = GOODBYE_REASONS[reader.u8() - 1];
  return reason && { type: 'goodbye', reason };
}

export function writeGoodbye(writer: Writer, { reason }: WireGoodbye): void {
  writer.u8(GOODBYE_REASONS.indexOf(reason) + 1);
}

/** An identity mode travels as its place in this list; reasons as their place, counted from 1. */
const IDENTITIES: readonly WireHello['identity'][] = ['certificate', 'address'];
const GOODBYE_REASONS: readonly GoodbyeReason[] = [
  'version',
  'identity',
  'duplicate',
  'idle',
  'stopping',
  'malformed',
];

/** Versions, features and identity mode. */
const HELLO_FIXED_BYTES = 7;
