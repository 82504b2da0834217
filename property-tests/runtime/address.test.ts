// Addresses: one spelling each, and text and bytes that say the same.
import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { UsageError } from '../../runtime/failure.ts';
import { AddressBook } from '../../runtime/links/address-book.ts';
import { formatEndpoint, fromWireAddress, isLoopback } from '../../runtime/links/address.ts';
import {
  parseEndpoint,
  plainHost,
  reachableAt,
  toWireAddress,
} from '../../runtime/links/address.ts';
import { runs } from '../parameters.ts';

const port = fc.integer({ min: 1, max: 65_535 });

testProp(
  'an IPv4 address survives text and bytes',
  [fc.ipV4(), port],
  (t, host, number) => {
    const endpoint = parseEndpoint(`${host}:${number}`, 'the address');
    t.deepEqual(endpoint, { host, port: number });
    const wire = toWireAddress(endpoint);
    t.is(wire?.family, 4);
    t.deepEqual(wire && fromWireAddress(wire), endpoint);
  },
  runs(100),
);

testProp(
  'an IPv6 address survives text and bytes',
  [fc.ipV6(), port],
  (t, host, number) => {
    const wire = toWireAddress(parseEndpoint(`[${host}]:${number}`, 'the address'));
    if (wire === undefined) return t.fail();
    const back = fromWireAddress(wire);
    if (back === undefined) return t.fail();
    t.deepEqual(toWireAddress(back), wire);
    t.is(plainHost(host), back.host);
    t.is(plainHost(back.host), back.host);
    t.deepEqual(parseEndpoint(formatEndpoint(back), 'the address'), back);
  },
  runs(100),
);

testProp(
  'IPv4 in the clothes of IPv6 is IPv4',
  [fc.ipV4(), port],
  (t, host, number) => {
    t.deepEqual(
      toWireAddress({ host: `::ffff:${host}`, port: number }),
      toWireAddress({ host, port: number }),
    );
    t.is(plainHost(`::ffff:${host}`), host);
  },
  runs(100),
);

test('one address in two spellings is one address of a peer', (t) => {
  const ip = Uint8Array.of(192, 0, 2, 1);
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip);
  const book = new AddressBook();
  book.prove(1, [
    { family: 4, ip, port: 9 },
    { family: 6, ip: mapped, port: 9 },
  ]);
  book.hear(2, [{ family: 6, ip: mapped, port: 9 }]);
  book.hear(2, [{ family: 4, ip, port: 9 }]);
  for (const peer of [1, 2]) t.deepEqual(book.addressesOf(peer), [{ family: 4, ip, port: 9 }]);
});

testProp(
  'bytes that are no address are no endpoint',
  [fc.uint8Array({ maxLength: 20 })],
  (t, ip) => {
    const endpoint = fromWireAddress({ family: 6, ip, port: 1 });
    t.is(endpoint !== undefined, ip.length === 4 || ip.length === 16);
    t.is(fromWireAddress({ family: 4, ip, port: 0 }), undefined);
  },
  runs(100),
);

test('IPv6 is written as RFC 5952 says', (t) => {
  t.is(plainHost('2001:0DB8:0:0:8:800:200C:417A'), '2001:db8::8:800:200c:417a');
  t.is(plainHost('2001:db8:0:1:1:1:1:1'), '2001:db8:0:1:1:1:1:1');
  t.is(plainHost('0:0:0:0:0:0:0:1'), '::1');
  t.is(plainHost('::'), '::');
  t.is(plainHost('1:0:0:2:0:0:0:3'), '1:0:0:2::3');
});

test('a text that is no HOST:PORT is refused in one line', (t) => {
  const wrong = ['', ':1', 'a', 'a:', 'a:b', 'a:65536', '::1:5', '[::1]', '[x]:1', '[1.2.3.4]:1'];
  // What ends in a number is an address or nothing.
  for (const text of [
    ...wrong,
    '999.1.1.1:1',
    '1.2.3:1',
    '7:1',
    'a.7:1',
    '-a:1',
    'a b:1',
    'a:123456',
    `${'a'.repeat(300)}:1`,
  ]) {
    const error = t.throws(() => parseEndpoint(text, 'the address'), { instanceOf: UsageError });
    t.false(error.message.includes('\n'));
  }
  t.deepEqual(parseEndpoint('node-1.example:6501', 'the address').host, 'node-1.example');
});

test('what listens on everything is reached at the addresses of the interfaces', (t) => {
  t.deepEqual(reachableAt({ host: '127.0.0.1', port: 9 }), [
    { family: 4, ip: Uint8Array.of(127, 0, 0, 1), port: 9 },
  ]);
  const all = reachableAt({ host: '0.0.0.0', port: 9 });
  t.true(all.length > 0 && all.every(({ family }) => family === 4));
  t.true(all.every(({ ip }) => ip.some((byte) => byte !== 0)));
});

test('loopback is told from the rest', (t) => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', 'localhost']) {
    t.true(isLoopback(host), host);
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '2001:db8::1']) {
    t.false(isLoopback(host), host);
  }
});
