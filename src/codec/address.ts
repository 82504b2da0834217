/**
 * Addresses and peers as they travel in HELLO and PEERS (`docs/wire.md`, "Addresses").
 *
 * One address has one form: an IPv6 address that maps an IPv4 one is refused, so that limits per
 * address cannot be evaded by writing it twice. Port 0 is refused: nobody listens there. Counts are
 * checked against their bound before the first element is read.
 *
 * Peers stay bytes until they are walked: as objects, 64 of them with four addresses each would be
 * fifteen times what arrived.
 */
import { assert } from '../assert.ts';
import { ADDRESSES_PER_PEER_MAX, PEERS_PER_REPLY_MAX } from '../limits.ts';
import type { WireAddress, WirePeer, WirePeers } from '../wire-types.ts';
import { Reader, Writer } from './bytes.ts';
import { ID_BYTES } from './widths.ts';

/** A count u8, then so many addresses; at least `countMin`. */
export function readAddresses(reader: Reader, countMin: number): readonly WireAddress[] {
  const count = readCount(reader, countMin);
  if (reader.failed) return [];
  // Of its final size: an array that grows takes room for 17 at the first.
  const addresses = new Array<WireAddress>(count);
  for (let at = 0; at < count; at++) addresses[at] = readAddress(reader);
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

/** Peers as they travel: checked, not copied, and no object for each. */
export function readPeers(reader: Reader): WirePeers {
  const from = reader.at;
  checkPeers(reader);
  return reader.since(from);
}

export function writePeers(writer: Writer, peers: WirePeers): void {
  const reader = new Reader(peers, 0, peers.length);
  checkPeers(reader);
  assert(!reader.failed && reader.remaining === 0, 'peers are packed as they travel');
  writer.fixed(peers, peers.length);
}

/** @throws Error when a field is out of its bounds: a bug of the caller */
export function packPeers(peers: readonly WirePeer[]): WirePeers {
  assert(peers.length <= PEERS_PER_REPLY_MAX, 'a reply names a bounded number of peers');
  let length = 1;
  for (const { addresses } of peers) length += ID_BYTES + addressesLength(addresses);
  const writer = new Writer(length);
  writer.u8(peers.length);
  for (const { id, addresses } of peers) {
    writer.fixed(id, ID_BYTES);
    writeAddresses(writer, addresses, 1);
  }
  return writer.finish();
}

/** One after the other, in their order; what is not well formed ends the list. */
export function* peersIn(peers: WirePeers): Generator<WirePeer, void, undefined> {
  const reader = new Reader(peers, 0, peers.length);
  for (let left = reader.u8(); left > 0; left--) {
    const peer: WirePeer = { id: reader.take(ID_BYTES), addresses: readAddresses(reader, 1) };
    if (reader.failed) return;
    yield peer;
  }
}

/** A count u8, then so many peers, each with at least one address. */
function checkPeers(reader: Reader): void {
  const count = reader.u8();
  if (count > PEERS_PER_REPLY_MAX || count * PEER_BYTES_MIN > reader.remaining) reader.fail();
  for (let peer = 0; peer < count && !reader.failed; peer++) {
    reader.skip(ID_BYTES);
    checkAddresses(reader);
  }
}

function checkAddresses(reader: Reader): void {
  const count = readCount(reader, 1);
  for (let at = 0; at < count && !reader.failed; at++) checkAddress(reader);
}

function readCount(reader: Reader, countMin: number): number {
  const count = reader.u8();
  if (count < countMin || count > ADDRESSES_PER_PEER_MAX) reader.fail();
  return count;
}

/** Whether these 16 bytes are an IPv4 address in IPv6 clothes, `::ffff:0:0/96`. */
function isMappedIpv4(ip: Uint8Array): boolean {
  for (let at = 0; at < 12; at++) if (ip[at] !== (at < 10 ? 0 : 0xff)) return false;
  return true;
}

/** As `readAddress`, and makes nothing of it. */
function checkAddress(reader: Reader): void {
  const family = reader.u8();
  if (family !== 4 && family !== 6) reader.fail();
  let isMapped = family === 6;
  if (family === 4) {
    reader.skip(4);
  } else {
    for (let at = 0; at < 12; at++) if (reader.u8() !== (at < 10 ? 0 : 0xff)) isMapped = false;
    reader.skip(4);
  }
  if (reader.u16() === 0 || isMapped) reader.fail();
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

/** An id, a count and one IPv4 address. */
const PEER_BYTES_MIN = ID_BYTES + 8;
/** An id, a count and the most IPv6 addresses. */
const PEER_BYTES_MAX = ID_BYTES + 1 + ADDRESSES_PER_PEER_MAX * 19;

/** Bounds of the whole list with its count, for the frames that carry one. */
export function peersBytesMax(peers: number): number {
  return 1 + peers * PEER_BYTES_MAX;
}

export const PEERS_BYTES_MAX = peersBytesMax(PEERS_PER_REPLY_MAX);
