/**
 * Addresses and peers as they travel in HELLO and PEERS (`docs/wire.md`, "Addresses").
 *
 * One address has one form: an IPv6 address that maps an IPv4 one is refused, so that limits per
 * address cannot be evaded by writing it twice. Port 0 is refused: nobody listens there. Counts are
 * checked against their bound before the first element is read.
 */
import { assert } from '../assert.ts';
import { ADDRESSES_PER_PEER_MAX, PEERS_PER_REPLY_MAX } from '../limits.ts';
import type { WireAddress, WirePeer } from '../wire-types.ts';
import type { Reader, Writer } from './bytes.ts';

/** A count u8, then so many addresses; at least `countMin`. */
export function readAddresses(reader: Reader, countMin: number): readonly WireAddress[] {
  const count = reader.u8();
  if (count < countMin || count > ADDRESSES_PER_PEER_MAX) reader.fail();
  const addresses: WireAddress[] = [];
  while (addresses.length < count && !reader.failed) addresses.push(readAddress(reader));
  return addresses;
}

export function writeAddresses(
  writer: Writer,
  addresses: readonly WireAddress[],
  countMin: number,
): void {
  const { length } = addresses;
  assert(length >= countMin && length <= ADDRESSES_PER_PEER_MAX, 'addresses are within bounds');
  writer.u8(length);
  for (const address of addresses) writeAddress(writer, address);
}

export function addressesLength(addresses: readonly WireAddress[]): number {
  let length = 1;
  for (const { family } of addresses) length += family === 4 ? 7 : 19;
  return length;
}

/** A count u8, then so many peers, each with at least one address. */
export function readPeers(reader: Reader): readonly WirePeer[] {
  const count = reader.u8();
  if (count > PEERS_PER_REPLY_MAX || count * PEER_BYTES_MIN > reader.remaining) reader.fail();
  const peers: WirePeer[] = [];
  while (peers.length < count && !reader.failed) {
    const id = reader.take(ID_BYTES);
    peers.push({ id, addresses: readAddresses(reader, 1) });
  }
  return peers;
}

export function writePeers(writer: Writer, peers: readonly WirePeer[]): void {
  assert(peers.length <= PEERS_PER_REPLY_MAX, 'a reply names a bounded number of peers');
  writer.u8(peers.length);
  for (const { id, addresses } of peers) {
    writer.fixed(id, ID_BYTES);
    writeAddresses(writer, addresses, 1);
  }
}

export function peersLength(peers: readonly WirePeer[]): number {
  let length = 1;
  for (const { addresses } of peers) length += ID_BYTES + addressesLength(addresses);
  return length;
}

/** Whether these 16 bytes are an IPv4 address in IPv6 clothes, `::ffff:0:0/96`. */
function isMappedIpv4(ip: Uint8Array): boolean {
  for (let at = 0; at < 12; at++) if (ip[at] !== (at < 10 ? 0 : 0xff)) return false;
  return true;
}

function readAddress(reader: Reader): WireAddress {
  const family = reader.u8();
  if (family !== 4 && family !== 6) reader.fail();
  const ip = reader.take(family === 4 ? 4 : 16);
  const port = reader.u16();
  if (port === 0 || (family === 6 && isMappedIpv4(ip))) reader.fail();
  return { family: family === 4 ? 4 : 6, ip, port };
}

function writeAddress(writer: Writer, { family, ip, port }: WireAddress): void {
  assert(port !== 0, 'an address has a port');
  assert(family === 4 || !isMappedIpv4(ip), 'a mapped IPv4 address is written as IPv4');
  writer.u8(family);
  writer.fixed(ip, family === 4 ? 4 : 16);
  writer.u16(port);
}

const ID_BYTES = 32;
/** An id, a count and one IPv4 address. */
const PEER_BYTES_MIN = ID_BYTES + 8;
/** An id, a count and the most IPv6 addresses. */
const PEER_BYTES_MAX = ID_BYTES + 1 + ADDRESSES_PER_PEER_MAX * 19;

/** Bounds of the whole list with its count, for the frames that carry one. */
export const PEERS_BYTES_MAX = 1 + PEERS_PER_REPLY_MAX * PEER_BYTES_MAX;
