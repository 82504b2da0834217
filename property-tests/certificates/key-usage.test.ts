/**
 * Laws of reading the key usage of a certificate: the openssl command writes it, no bytes make the
 * reader throw, and of a certificate that is cut off nothing is taken on trust.
 */
import { X509Certificate } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { signsOnlyData } from '../../runtime/identity/key-usage.ts';
import { runs } from '../parameters.ts';
import { requireOrSkip } from '../require.ts';
import { derOf, scratch } from './identity-kit.ts';
import { hasOpenssl, leafExtensions, signOdd } from './odd-certificates.ts';

const USAGES: readonly (readonly [string, boolean])[] = [
  ['digitalSignature', true],
  ['critical,digitalSignature', true],
  ['critical,digitalSignature,keyAgreement', true],
  ['critical,digitalSignature,decipherOnly', true],
  ['critical,nonRepudiation', false],
  ['critical,keyEncipherment', false],
  ['critical,keyAgreement,decipherOnly', false],
  ['critical,keyCertSign', false],
  ['critical,digitalSignature,keyCertSign', false],
  ['critical,digitalSignature,cRLSign', false],
];

test('the usages that openssl writes are read as what they are', async (t) => {
  if (!requireOrSkip(t, hasOpenssl, 'the openssl command')) return;
  const dir = await scratch(t);
  for (const [keyUsage, signs] of USAGES) {
    const extensions = leafExtensions({ keyUsage });
    const made = await signOdd(dir, undefined, { extensions });
    t.is(signsOnlyData(derOf(made)), signs, keyUsage);
  }
  const extensions = leafExtensions().filter((line) => !line.startsWith('keyUsage'));
  t.false(signsOnlyData(derOf(await signOdd(dir, undefined, { extensions }))));
});

test('cut off, changed or random bytes never throw, and cut off they state nothing', async (t) => {
  if (!requireOrSkip(t, hasOpenssl, 'the openssl command')) return;
  const dir = await scratch(t);
  const { cert } = await signOdd(dir, undefined, { extensions: leafExtensions() });
  const der = Uint8Array.from(new X509Certificate(cert).raw);
  t.true(signsOnlyData(der));
  for (let size = 0; size < der.length; size += 1) t.false(signsOnlyData(der.subarray(0, size)));
  const change = fc.tuple(fc.nat(der.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = Uint8Array.from(der);
      for (const [at, byte] of changes) changed[at] = byte;
      return typeof signsOnlyData(changed) === 'boolean';
    }),
    runs(2000),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => !signsOnlyData(noise)),
    runs(500),
  );
});
