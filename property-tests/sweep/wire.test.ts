/**
 * What travels between a sweep and its workers comes back as it was: typed arrays with all their
 * bits, results byte for byte; what is damaged or foreign is told, not taken.
 */
import { gzipSync } from 'node:zlib';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { packContent, packResult, readJob } from '../../sim/edge/sweep/redis/wire.ts';
import { unpackContent, unpackResult } from '../../sim/edge/sweep/redis/wire.ts';
import type { Materials } from '../../sim/materials.ts';
import { runs } from '../parameters.ts';

const cost = { wallMs: 1.5, setupCpuMs: 0, cpuMs: 3, peakRssBytes: 4096 };

testProp(
  'materials come back as they were, under the name of their content',
  [fc.int32Array({ maxLength: 50 }), fc.float64Array({ maxLength: 50 }), fc.string()],
  async (t, whole, real, word) => {
    // Any plain data: what the engine reads from files may grow.
    const materials = { matrix: { size: 7, oneWayUs: whole }, real, word } as unknown as Materials;
    const packed = await packContent(materials);
    t.deepEqual(await unpackContent(packed), materials);
    t.is((await packContent(structuredClone(materials))).sha256, packed.sha256);
    const other = unpackContent({ ...packed, bytes: gzipSync('{}') });
    await t.throwsAsync(other, { message: /damaged/ });
  },
  runs(100),
);

testProp(
  'a result comes back byte for byte',
  [fc.string(), fc.double()],
  (t, word, figure) => {
    const text = `${JSON.stringify({ word, figure, digest: 'ab' }, null, 2)}\n`;
    const back = unpackResult(JSON.parse(JSON.stringify(packResult({ text, digest: 'ab', cost }))));
    t.deepEqual(back, { text, digest: 'ab', cost });
  },
  runs(100),
);

test('what is no result, or no cell, is not taken for one', (t) => {
  const good = packResult({ text: '{"digest":"ab"}', digest: 'ab', cost });
  const foreign: readonly unknown[] = [
    null,
    'done',
    { ...good, cost: undefined },
    { ...good, text: 'not packed' },
    { ...good, text: gzipSync('{"digest":').toString('base64') },
    { ...good, text: gzipSync('{}').toString('base64') },
    { ...good, cost: { ...cost, cpuMs: 'much' } },
  ];
  for (const value of foreign) t.is(unpackResult(value), undefined, JSON.stringify(value));
  t.not(unpackResult(good), undefined);
  for (const value of [null, {}, { version: 1, options: {}, materials: '', start: null }]) {
    t.is(readJob(value), undefined);
  }
});
