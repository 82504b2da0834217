// The bytes behind headers: found while something is in progress, and let go after it.
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { bits256Of } from '../../host/words.ts';
import { silentLog } from '../../runtime/log.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import { Values } from '../../runtime/records/values.ts';
import type { Key, RecordHeader } from '../../src/types.ts';
import { scratch } from '../certificates/identity-kit.ts';

const publisher = new Uint8Array(32).fill(3);
const signer = {
  publisher,
  certificate: new Uint8Array(40),
  sign: () => new Uint8Array(64).fill(5),
};
const keyed = (seed: number): Key => ({
  raw: bits256Of(new Uint8Array(32).fill(seed)),
  position: { w0: 0, w1: 0, w2: 0, w3: 0, w4: seed },
});

function signed(values: Values, op: number, version: number, value: Uint8Array): RecordHeader {
  values.beginPut(op, value);
  const key = keyed(1);
  const rest = { size: value.length, replication: 8, ttlS: 60, publishedAtMs: 1 };
  return values.sign(op, { key, version, ...rest });
}

async function persisted(values: Values, header: RecordHeader, then: () => void): Promise<void> {
  const record = { header, storedAtMs: Date.now(), from: undefined };
  await new Promise<void>((resolve) => {
    values.persist([{ type: 'put', record }], (ok) => {
      if (!ok) throw new Error('not written');
      then();
      resolve();
    });
  });
}

test('a replaced record is served until the core knows of its successor', async (t) => {
  const disk = await openDisk(await scratch(t), silentLog);
  const values = new Values(disk, signer);
  const first = signed(values, 1, 100, Uint8Array.of(1));
  await persisted(values, first, () => undefined);
  values.endPut(1);
  const second = signed(values, 2, 101, Uint8Array.of(2, 2));
  await persisted(values, second, () => {
    // The disk holds the second one already; whoever still believes in the first one is served.
    t.deepEqual(values.envelopeOf(first)?.value, Uint8Array.of(1));
    t.deepEqual(values.envelopeOf(second)?.value, Uint8Array.of(2, 2));
  });
  values.endPut(2);
  await turn();
  t.is(values.envelopeOf(first), undefined);
  t.deepEqual(Uint8Array.from(values.envelopeOf(second)?.value ?? []), Uint8Array.of(2, 2));
  t.is(values.bytesHeld, 0);
  await disk.close();
});

test('three versions in one breath: every one can be served until all are written', async (t) => {
  const disk = await openDisk(await scratch(t), silentLog);
  const values = new Values(disk, signer);
  const headers = [100, 101, 102].map((version, index) =>
    signed(values, index + 1, version, Uint8Array.of(version)),
  );
  const writes = headers.map((header) =>
    persisted(values, header, () => {
      for (const one of headers) t.is(values.envelopeOf(one)?.value[0], one.version);
    }),
  );
  for (const op of [1, 2, 3]) values.endPut(op);
  await Promise.all(writes);
  await turn();
  t.is(values.bytesHeld, 0);
  t.is(values.envelopeOf(headers[2] ?? t.fail())?.value[0], 102);
  await disk.close();
});

test('the bytes of a relay outlive their message, for as long as it is said', async (t) => {
  const disk = await openDisk(await scratch(t), silentLog);
  const values = new Values(disk, signer);
  const header = signed(values, 1, 100, Uint8Array.of(1));
  const envelope = values.envelopeOf(header) ?? t.fail();
  values.endPut(1);
  values.keep(header, envelope);
  const [first, second] = [values.retain(header), values.retain(header)];
  values.endMessage();
  first();
  t.deepEqual(values.envelopeOf(header)?.value, Uint8Array.of(1));
  second();
  t.is(values.envelopeOf(header), undefined);
  t.is(values.bytesHeld, 0);
  values.retain(header)();
  t.is(values.bytesHeld, 0);
  await disk.close();
});

test('a header finds bytes of its own key, version and publisher only', async (t) => {
  const disk = await openDisk(await scratch(t), silentLog);
  const values = new Values(disk, signer);
  const header = signed(values, 1, 100, Uint8Array.of(1));
  await persisted(values, header, () => undefined);
  const others: RecordHeader[] = [
    { ...header, version: 101 },
    { ...header, publisher: bits256Of(new Uint8Array(32)) },
    { ...header, key: keyed(2) },
  ];
  for (const held of [true, false]) {
    t.deepEqual(Uint8Array.from(values.envelopeOf(header)?.value ?? []), Uint8Array.of(1));
    for (const other of others) t.is(values.envelopeOf(other), undefined);
    if (held) values.endPut(1);
  }
  await disk.close();
});

test('the bytes of a message are let go with it', async (t) => {
  const disk = await openDisk(await scratch(t), silentLog);
  const values = new Values(disk, signer);
  const header = signed(values, 1, 100, Uint8Array.of(1));
  const envelope = values.envelopeOf(header);
  if (envelope === undefined) return t.fail();
  values.endPut(1);
  t.is(values.envelopeOf(header), undefined);
  values.keep(header, envelope);
  values.keep(header, envelope);
  t.truthy(values.envelopeOf(header));
  values.endMessage();
  t.is(values.envelopeOf(header), undefined);
  t.is(values.bytesHeld, 0);
  await disk.close();
});

test('a record that comes again and again is held once by those who read its key', async (t) => {
  const disk = await openDisk(await scratch(t), silentLog);
  const values = new Values(disk, signer);
  const header = signed(values, 1, 100, Uint8Array.of(1));
  const envelope = values.envelopeOf(header) ?? t.fail();
  values.endPut(1);
  for (const op of [2, 3]) values.beginGet(op, keyed(1));
  values.keep(header, envelope);
  values.endMessage();
  const before = heapBytes();
  for (let times = 0; times < 2_000_000; times++) {
    values.keep(header, envelope);
    values.endMessage();
  }
  const grownBy = heapBytes() - before;
  // Eight bytes for each time and reader would be 32 MB.
  t.true(grownBy < 8_000_000, `it grew by ${grownBy} bytes`);
  t.truthy(values.envelopeOf(header));
  values.endGet(2);
  t.truthy(values.envelopeOf(header));
  values.endGet(3);
  t.is(values.envelopeOf(header), undefined);
  t.is(values.bytesHeld, 0);
  await disk.close();
});

/** Of what is still in use. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
