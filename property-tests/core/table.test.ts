/**
 * The routing table against an array of contacts: S1 and S2 after every change, bits that follow
 * their contacts, spares and their caps.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { POSITION_BITS, SPARES_PER_BUCKET_MAX } from '../../src/limits.ts';
import { peerWord, sharedBitsOfPeers } from '../../src/position.ts';
import {
  bucketCount,
  bucketOfSlot,
  bucketSize,
  bucketStart,
  contactAt,
} from '../../src/table/table.ts';
import {
  contactCount,
  dropSpare,
  emptyTable,
  isHeard,
  newestSpare,
} from '../../src/table/table.ts';
import { slotOf, sparesOf, withContact, withHeard, withoutContact } from '../../src/table/table.ts';
import { withSpare } from '../../src/table/table.ts';
import type { Table } from '../../src/table/table.ts';
import type { Directory, Peer } from '../../src/types.ts';
import { law } from '../harness.ts';
import { plain } from './arbitraries.ts';
import { directoryOf, smallWorld } from './core-arbitraries.ts';

interface Change {
  readonly type: 'contact' | 'remove' | 'heard' | 'unheard' | 'spare' | 'drop';
  readonly peer: number;
}

/** What the table should hold: contacts in the order in which they came. */
interface Model {
  contacts: { readonly peer: Peer; readonly bucket: number; heard: boolean }[];
  spares: { readonly peer: Peer; readonly bucket: number }[];
}

const changes = fc.array(
  plain<Change>({
    type: fc.constantFrom(
      'contact',
      'contact',
      'contact',
      'remove',
      'heard',
      'unheard',
      'spare',
      'drop',
    ),
    peer: fc.nat({ max: 99 }),
  }),
  { maxLength: 80, size: 'max' },
);

law('a table holds what was put into it', [smallWorld(70), changes], 300, (positions, log) => {
  const directory = directoryOf(positions);
  const model: Model = { contacts: [], spares: [] };
  let table = emptyTable;
  for (const { type, peer: index } of log) {
    const peer = 1 + (index % (positions.length - 1));
    const before = fingerprintOf(table);
    const next = changed(table, model, type, peer, directory);
    assert.equal(fingerprintOf(table), before, 'the old table stays');
    table = next;
    compare(table, model);
  }
});

/** Makes the same change to both. */
function changed(
  table: Table,
  model: Model,
  type: Change['type'],
  peer: Peer,
  directory: Directory,
): Table {
  const bucket = sharedBitsOfPeers(directory, 0, peer);
  const slot = slotOf(table, bucket, peer);
  const contact = model.contacts.find((each) => each.peer === peer);
  const spare = model.spares.find((each) => each.peer === peer);
  if (type === 'contact') {
    if (contact !== undefined) return table;
    model.contacts.push({ peer, bucket, heard: true });
    model.spares = model.spares.filter((each) => each !== spare);
    return withContact(table, bucket, peer, peerWord(directory, peer, 0));
  }
  if (type === 'spare') {
    if (contact !== undefined) return table;
    if (spare === undefined) {
      const same = model.spares.filter((each) => each.bucket === bucket);
      const out = same.length === SPARES_PER_BUCKET_MAX ? same[0] : undefined;
      model.spares = [...model.spares.filter((each) => each !== out), { peer, bucket }];
    }
    return withSpare(table, bucket, peer);
  }
  if (type === 'drop') {
    if (spare === undefined) assert.equal(dropSpare(table, bucket, peer), table);
    model.spares = model.spares.filter((each) => each !== spare);
    return dropSpare(table, bucket, peer);
  }
  if (contact === undefined) return table;
  if (type === 'remove') {
    model.contacts = model.contacts.filter((each) => each !== contact);
    return withoutContact(table, bucket, slot);
  }
  if (contact.heard === (type === 'heard')) {
    assert.equal(withHeard(table, slot, contact.heard), table);
  }
  contact.heard = type === 'heard';
  return withHeard(table, slot, contact.heard);
}

function compare(table: Table, model: Model): void {
  assert.equal(contactCount(table), model.contacts.length);
  const deepest = Math.max(-1, ...model.contacts.map((contact) => contact.bucket));
  assert.equal(bucketCount(table), deepest + 1);
  for (let bucket = 0; bucket <= deepest + 1; bucket++) {
    const inBucket = model.contacts.filter((contact) => contact.bucket === bucket);
    assert.equal(bucketSize(table, bucket), inBucket.length);
    inBucket.forEach(({ peer, heard }, i) => {
      const slot = bucketStart(table, bucket) + i;
      assert.equal(contactAt(table, slot), peer);
      assert.equal(slotOf(table, bucket, peer), slot);
      assert.equal(bucketOfSlot(table, slot), bucket);
      assert.equal(isHeard(table, slot), heard, `the bit of peer ${peer}`);
    });
  }
  for (let bucket = 0; bucket < POSITION_BITS; bucket++) {
    const spares = model.spares.filter((spare) => spare.bucket === bucket);
    assert.deepEqual(
      sparesOf(table, bucket),
      spares.map((spare) => spare.peer),
    );
    assert.equal(newestSpare(table, bucket), spares.at(-1)?.peer);
  }
  for (let slot = contactCount(table); slot < 31 * table.heard.length; slot++) {
    assert.ok(!isHeard(table, slot), 'no bit beyond the last slot');
  }
}

function fingerprintOf(table: Table): string {
  return JSON.stringify([[...table.packed], table.heard, table.spares]);
}
