// Reads beside writes of the same key, on real nodes: a key that has a value is found, whatever
// version of it is being replaced just then, and no node goes back to an older one.
import test from 'ava';
import { CALL_MS_MIN } from '../../src/limits.ts';
import { networkOf, newKey, newSite } from './node-kit.ts';

const WRITES = 150;

test('a key that is written all the time is found all the time', async (t) => {
  const site = await newSite(t);
  const nodes = await networkOf(t, site, 4, () => ({ config: { replication: 3 } }));
  const key = newKey();
  const [writer] = nodes;
  if (writer === undefined) return t.fail();
  const valueOf = (count: number): Uint8Array => Uint8Array.of(count & 0xff, count >> 8);
  t.is((await writer.put(key, valueOf(0))).status, 'good');
  let done = false;
  const reads = nodes.map(() => 0);
  const faults: string[] = [];
  const readers = nodes.map(async (node, i) => {
    let last = 0;
    while (!done) {
      const before = performance.now();
      const { value, outcome } = await node.get(key);
      const isLate = performance.now() - before >= CALL_MS_MIN;
      // Somebody did not answer in time, on a busy machine: that says nothing of what is there.
      if (outcome.type === 'failed' && isLate) continue;
      const [low = 0, high = 0] = value ?? [];
      const count = low + 256 * high;
      if (value === undefined) faults.push(`node ${i} found nothing after ${last}`);
      else if (count < last) faults.push(`node ${i} went back from ${last} to ${count}`);
      last = Math.max(last, count);
      reads[i] = (reads[i] ?? 0) + 1;
    }
  });
  for (let count = 1; count <= WRITES; count++) {
    t.is((await writer.put(key, valueOf(count))).status, 'good');
  }
  done = true;
  await Promise.all(readers);
  t.log(`${reads.join(' + ')} reads beside ${WRITES} writes`);
  t.deepEqual(faults, []);
  t.true(Math.min(...reads) > 0, 'each has read something');
});
