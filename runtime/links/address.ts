/**
 * Addresses: the text that people write (`HOST:PORT`, `[::1]:6501`) and the bytes that travel.
 *
 * One address has one spelling: IPv4 mapped into IPv6 (RFC 4291, section 2.5.5.2) is taken for the
 * IPv4 address that it is, on every way in, so nobody counts as two. Names are allowed where a
 * person writes them and never travel. Bytes from the network never throw here.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ADDRESSES_PER_PEER_MAX } from '../../src/limits.ts';
import type { WireAddress } from '../../src/wire-types.ts';
import { UsageError } from '../failure.ts';

export interface Endpoint {
  /** A name or a literal address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * @param what names the text for the reader
 * @param examplePort stands in the example that a wrong text is answered with
 * @throws UsageError when the text is no `HOST:PORT`
 */
export function parseEndpoint(text: string, what: string, examplePort = EXAMPLE_PORT): Endpoint {
  const bracketed = /^\[([^\]]+)\]:(\d{1,5})$/.exec(text);
  const plain = /^([^:[\]]+):(\d{1,5})$/.exec(text);
  const host = bracketed?.[1] ?? plain?.[1];
  const port = Number(bracketed?.[2] ?? plain?.[2]);
  const wrong = (why: string): never => {
    throw new UsageError(`${what} ${JSON.stringify(text.slice(0, 80))} ${why}`);
  };
  if (host === undefined) {
    return wrong(`is no HOST:PORT: write it like 127.0.0.1:${examplePort} or [::1]:${examplePort}`);
  }
  if (port > PORT_MAX) return wrong(`has a port above ${PORT_MAX}`);
  if (bracketed !== null && !isIPv6(host)) return wrong('has no IPv6 address in its brackets');
  if (bracketed === null && isIP(host) === 0) {
    // No name ends in a number (RFC 3696, section 2): the resolver would be asked in vain.
    if (/(?:^|\.)\d+$/.test(host)) return wrong('has a host that is no IPv4 address');
    if (!HOST_NAME.test(host)) return wrong('has a host that is neither an address nor a name');
  }
  return { host, port };
}

export function formatEndpoint(endpoint: Endpoint): string {
  const { host, port } = endpoint;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The bytes of a literal address; nothing for a name, a zone or a port that cannot be dialled. */
export function toWireAddress(endpoint: Endpoint): WireAddress | undefined {
  const { host, port } = endpoint;
  if (!Number.isInteger(port) || port < 1 || port > PORT_MAX) return undefined;
  if (isIPv4(host)) return { family: 4, ip: bytesOfIPv4(host), port };
  if (!isIPv6(host) || host.includes('%')) return undefined;
  const ip = bytesOfIPv6(host);
  return isMapped(ip) ? { family: 4, ip: ip.slice(12), port } : { family: 6, ip, port };
}

/**
 * Addresses that a node says it can be dialled at; none: it cannot be, and works as a client.
 *
 * @param what names the addresses for the reader
 * @throws UsageError when one is none that others can dial, or when they are too many
 */
export function toAdvertise(texts: readonly string[], what: string): readonly WireAddress[] {
  if (texts.length > ADDRESSES_PER_PEER_MAX) {
    throw new UsageError(
      `${what} has ${texts.length} addresses: name at most ${ADDRESSES_PER_PEER_MAX}`,
    );
  }
  return texts.map((text) => {
    const address = toWireAddress(parseEndpoint(text, what));
    if (address !== undefined) return address;
    throw new UsageError(`${what} ${text}: give an address with its port, and no name`);
  });
}

/** Nothing for bytes that are no address to dial. */
export function fromWireAddress(address: WireAddress): Endpoint | undefined {
  const { ip, port } = address;
  if (port < 1 || port > PORT_MAX) return undefined;
  if (ip.length === 4) return { host: ip.join('.'), port };
  if (ip.length !== 16) return undefined;
  if (isMapped(ip)) return { host: ip.slice(12).join('.'), port };
  return { host: textOfIPv6(ip), port };
}

/** The host in its one spelling: an IPv4-mapped address as IPv4, anything else as it is. */
export function plainHost(host: string): string {
  if (!isIPv6(host) || host.includes('%')) return host;
  const ip = bytesOfIPv6(host);
  return isMapped(ip) ? ip.slice(12).join('.') : textOfIPv6(ip);
}

export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const family = isIP(host);
  if (family === 0) return false;
  return loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Whose an address is: an IPv4 address, or the /64 that one host of IPv6 has for itself. */
export function hostOf(host: string): string {
  const plain = plainHost(host);
  return isIPv6(plain) ? Buffer.from(bytesOfIPv6(plain).subarray(0, 8)).toString('hex') : plain;
}

/** The /24 of an IPv4 address or the /48 of an IPv6 one, as a text. */
export function subnetOf(host: string): string {
  const plain = plainHost(host);
  if (isIPv4(plain)) return plain.split('.', 3).join('.');
  return isIPv6(plain) ? Buffer.from(bytesOfIPv6(plain).subarray(0, 6)).toString('hex') : plain;
}

/**
 * The addresses under which a listener is reached: itself, or, for a wildcard, those of the
 * interfaces, and the loopback ones when there are no others. Link-local addresses mean nothing
 * elsewhere and are left out.
 */
export function reachableAt(bound: Endpoint): readonly WireAddress[] {
  const host = plainHost(bound.host);
  if (host !== '0.0.0.0' && host !== '::') {
    const own = toWireAddress({ host, port: bound.port });
    return own === undefined ? [] : [own];
  }
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const fit = all.filter((one) => host === '::' || one.family === 'IPv4');
  const outside = fit.filter((one) => !one.internal && !one.address.startsWith('fe80:'));
  const chosen = outside.length > 0 ? outside : fit.filter((one) => one.internal);
  return chosen
    .map((one) => toWireAddress({ host: one.address, port: bound.port }))
    .filter((address) => address !== undefined)
    .slice(0, ADDRESSES_PER_PEER_MAX);
}

function bytesOfIPv4(host: string): Uint8Array {
  return Uint8Array.from(host.split('.'), Number);
}

function bytesOfIPv6(host: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const lastColon = host.lastIndexOf(':');
  const tail = host.slice(lastColon + 1);
  const dotted = tail.includes('.') ? bytesOfIPv4(tail) : undefined;
  const text = dotted === undefined ? host : `${host.slice(0, lastColon)}:${hexPair(dotted)}`;
  const [head = '', rest] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = rest === undefined || rest === '' ? [] : rest.split(':');
  const gap = Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(gap).fill('0'), ...right];
  groups.slice(0, 8).forEach((group, index) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * index] = value >> 8;
    bytes[2 * index + 1] = value & 0xff;
  });
  return bytes;
}

function hexPair(ip: Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = ip;
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
function textOfIPv6(ip: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((ip[2 * index] ?? 0) << 8) | (ip[2 * index + 1] ?? 0)).toString(16),
  );
  let start = 0;
  let length = 0;
  for (let from = 0; from < 8; from += 1) {
    let end = from;
    while (end < 8 && groups[end] === '0') end += 1;
    if (end - from > length) [start, length] = [from, end - from];
  }
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

function isMapped(ip: Uint8Array): boolean {
  return ip.length === 16 && ip[10] === 0xff && ip[11] === 0xff && ip.every(isMappedByte);
}

function isMappedByte(byte: number, index: number): boolean {
  return index >= 10 || byte === 0;
}

const PORT_MAX = 65_535;
const EXAMPLE_PORT = 6501;
/** For the address of a client API. */
export const API_EXAMPLE_PORT = 7501;
export const ADMIN_EXAMPLE_PORT = 8501;
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');
