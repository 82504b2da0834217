/**
 * The table of those used last, held against a list in which each use moves its entry to the end:
 * whatever a peer may name, no more than so many entries stay, and those that are used do.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keepLatest } from '../../runtime/latest.ts';
import { law } from '../harness.ts';

const uses = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat()), { maxLength: 60 });

law(
  'the entries used last stay, in their order',
  [uses, fc.integer({ min: 1, max: 8 })],
  300,
  (drawn, most) => {
    const table = new Map<number, number>();
    let list: [number, number][] = [];
    for (const [key, value] of drawn) {
      keepLatest(table, key, value, most);
      list = [...list.filter(([other]) => other !== key), [key, value] as [number, number]].slice(
        -most,
      );
      assert.deepEqual([...table], list);
    }
  },
);
