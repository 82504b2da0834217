/**
 * Addresses from people and from the network, 100,000 of them valid, damaged or made up: each is
 * taken or refused, a refusal of a text is a `UsageError` of one line, and nothing else is thrown.
 * What is taken has one spelling and survives being written and read again.
 */
import { randomInt } from 'node:crypto';
import test from 'ava';
import { UsageError } from '../../runtime/failure.ts';
import { formatEndpoint, fromWireAddress, hostOf } from '../../runtime/links/address.ts';
import { isLoopback, parseEndpoint, plainHost } from '../../runtime/links/address.ts';
import { subnetOf, toWireAddress } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import type { WireAddress } from '../../src/wire-types.ts';
import { Chance } from '../deep/chance.ts';

const INPUTS = 100_000;

test('texts are parsed, or refused in one line', (t) => {
  const seed = String(randomInt(2 ** 32));
  const chance = new Chance(seed, 0);
  let taken = 0;
  for (let input = 0; input < INPUTS; input++) {
    const text = anyText(chance);
    try {
      const endpoint = parsed(text);
      if (endpoint === undefined) continue;
      taken += 1;
      checkEndpoint(endpoint);
    } catch (error) {
      t.fail(`seed ${seed}, ${JSON.stringify(text)}: ${String(error)}`);
      return;
    }
  }
  t.log(`seed ${seed}: ${taken} of ${INPUTS} taken`);
  t.true(taken > INPUTS / 20 && taken < INPUTS / 2);
});

test('bytes are an address in one spelling, or nothing', (t) => {
  const seed = String(randomInt(2 ** 32));
  const chance = new Chance(seed, 1);
  let taken = 0;
  for (let input = 0; input < INPUTS; input++) {
    const wire = anyBytes(chance);
    try {
      const endpoint = fromWireAddress(wire);
      if (endpoint === undefined) {
        must(wire.port === 0 || (wire.ip.length !== 4 && wire.ip.length !== 16), 'a good one');
        continue;
      }
      taken += 1;
      checkEndpoint(endpoint);
      must(plainHost(endpoint.host) === endpoint.host, 'it has its one spelling');
    } catch (error) {
      t.fail(`seed ${seed}, ${JSON.stringify(wire)}: ${String(error)}`);
      return;
    }
  }
  t.log(`seed ${seed}: ${taken} of ${INPUTS} taken`);
  t.true(taken > INPUTS / 4);
});

/** Nothing when it was refused as it should be. */
function parsed(text: string): Endpoint | undefined {
  try {
    return parseEndpoint(text, 'the address');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    must(/^[^\n\r]{1,700}$/.test(error.message), 'a refusal is one line');
    return undefined;
  }
}

function checkEndpoint(endpoint: Endpoint): void {
  const { host, port } = endpoint;
  must(Number.isInteger(port) && port >= 0 && port <= 0xffff, 'a port is one');
  const again = parseEndpoint(formatEndpoint(endpoint), 'the address');
  must(again.host === host && again.port === port, 'it survives being written');
  const plain = plainHost(host);
  must(plainHost(plain) === plain, 'there is one spelling');
  must(isLoopback(plain) === isLoopback(host), 'both spellings are loopback, or none');
  must(subnetOf(plain) === subnetOf(host), 'both spellings are in one subnet');
  must(hostOf(plain) === hostOf(host), 'both spellings are of one host');
  const wire = toWireAddress(endpoint);
  if (wire === undefined) return;
  must(wire.ip.length === (wire.family === 4 ? 4 : 16), 'bytes are of their family');
  const back = fromWireAddress(wire);
  must(back?.host === plain && back.port === port, 'bytes say the same');
}

function anyText(chance: Chance): string {
  const base = chance.pick(TEXTS) ?? '';
  let text = chance.percent(10) ? made(chance) : base;
  for (let times = chance.between(0, 3); times > 0; times--) {
    const at = chance.between(0, text.length);
    const cut = chance.between(0, 3);
    const piece = chance.pick(PIECES) ?? '';
    const times = chance.percent(5) ? chance.between(1, 80) : 1;
    text =
      text.slice(0, at) + piece.repeat(times) + text.slice(at + (chance.percent(50) ? cut : 0));
  }
  return text;
}

function made(chance: Chance): string {
  const length = chance.between(0, 20);
  return Array.from({ length }, () => String.fromCharCode(chance.between(0, 300))).join('');
}

function anyBytes(chance: Chance): WireAddress {
  const length = chance.percent(80) ? (chance.pick([4, 16, 16]) ?? 4) : chance.between(0, 20);
  const ip = Uint8Array.from({ length }, () => chance.between(0, 0xff));
  // Runs of zeros have a spelling of their own, and so have mapped addresses.
  if (chance.percent(60)) ip.fill(0, chance.between(0, length), chance.between(0, length));
  if (chance.percent(20)) ip.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff].slice(0, length));
  const family = length === 4 ? 4 : 6;
  return { family, ip, port: chance.percent(5) ? 0 : chance.between(1, 0xffff) };
}

function must(holds: boolean, law: string): asserts holds {
  if (!holds) throw new Error(`broken: ${law}`);
}

const TEXTS = [
  ...['127.0.0.1:6501', '10.0.0.255:1', '255.255.255.255:65535', '0.0.0.0:0', 'localhost:6501'],
  ...['[::1]:6501', '[::]:0', '[2001:db8::1]:65535', '[fe80::1%eth0]:6501', '[::ffff:1.2.3.4]:5'],
  ...['[::ffff:102:304]:5', '[1:2:3:4:5:6:7:8]:9', '[1::8]:9', '[64:ff9b::192.0.2.33]:443'],
  ...['node-1.example.org:6501', 'a:1', 'xn--bcher-kva.example:80', '[::1%1]:80', '[::%a%b]:1'],
];
const PIECES = [
  ...[':', '::', '[', ']', '.', '%', '-', '_', '/', ' ', '\n', '\u0000', '\u00e9', '\u{1f600}'],
  ...['0', '1', '9', '255', '256', '00', '65535', '65536', 'ffff', 'g', 'a.b', '0x7f', '1e3', '+'],
  ...['127.0.0.1', '::ffff:', '%eth0', ']:6501', 'localhost', '[::1]'],
];
