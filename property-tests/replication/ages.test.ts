/**
 * What a node is told ages on its way: a value that was long in coming has less life left than it
 * says. And what was known of a fellow can be unlearnt.
 */
import test from 'ava';
import { defaultConfig } from '../../src/config.ts';
import { isKnown, withKnown } from '../../src/replicas/group.ts';
import { newHeld, withGroup } from '../../src/state/store.ts';
import { directoryOf, short, smallKey, smallRecord } from '../core/core-arbitraries.ts';
import { StrictNode } from '../core/core-driver.ts';
import { reply } from '../core/core-log.ts';
import { meet, questions } from '../core/core-talk.ts';

const LIFE_MS = 60_000;

test('a fetched value is older by half of the time that its call took', (t) => {
  const node = new StrictNode(directoryOf(['0', '8'].map(short)), defaultConfig);
  meet(node, 1);
  const record = smallRecord(0, 7, LIFE_MS);
  const [asked] = questions(node.command(1, { type: 'get', key: smallKey(0) }), 'find-version');
  if (asked === undefined) return t.fail('nobody was asked');
  const told = node.step(reply(1, asked.call, { type: 'version', record, peers: [] }));
  const [fetched] = questions(told, 'find-value');
  if (fetched === undefined) return t.fail('the value is not fetched');
  node.pass(800);
  node.step(reply(1, fetched.call, { type: 'value', record }));
  const outcome = node.outcomes.get(1);
  if (outcome?.type !== 'found') return t.fail(`it ended ${outcome?.type ?? 'not'}`);
  t.is(outcome.record.lifeMs, LIFE_MS - 400);
});

test('a fellow that has shown a record is unlearnt when it shows that it lacks it', (t) => {
  const header = smallRecord(0, 7, LIFE_MS);
  const held = withGroup(newHeld(header, LIFE_MS, 0, undefined, undefined), [4, 0, 9], 0b101);
  t.deepEqual(
    [4, 0, 9].map((peer) => isKnown(held, peer)),
    [true, false, true],
  );
  const less = withKnown(held, 9, false);
  t.deepEqual(
    [4, 0, 9].map((peer) => isKnown(less, peer)),
    [true, false, false],
  );
  t.is(withKnown(less, 9, false), less);
  t.is(withKnown(less, 7, true), less, 'who is not of the group is not noted');
});
