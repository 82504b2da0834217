/**
 * The checkers themselves: what a faultless register or disk does passes, and every planted fault
 * is found, as the one it is.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { law } from '../harness.ts';
import { check, knownShare, sumOf } from './checker.ts';
import type { RuleName } from './checker.ts';
import { get, lawful, put, TTL_MS } from './history-kit.ts';
import type { GetRecord, History, PutRecord } from './history.ts';
import { judge, Ledger } from './ledger.ts';
import type { Sent } from './ledger.ts';

law('a lawful history passes, and every read is checked or unknown', [lawful], 500, (history) => {
  const { findings, rules, gets } = check(history);
  assert.deepEqual(findings, []);
  const { found, absent, unknown } = gets;
  assert.deepEqual(rules.invention, { checked: found, unknown, violations: 0 });
  for (const rule of ['expiry', 'going back'] as const) {
    assert.equal(rules[rule].checked + rules[rule].unknown, found + unknown);
  }
  assert.equal(found + absent + unknown, history.filter((one) => one.type === 'get').length);
});

/** Reads, after all that is in the history, each beginning when the one before is over. */
function later(history: History, ...reads: readonly Partial<GetRecord>[]): History {
  const endMs = Math.max(0, ...history.map((one) => ('returnedMs' in one ? one.returnedMs : 0)));
  const added = reads.map((read, index) => {
    const invokedMs = endMs + 1 + 10 * index;
    return get({ value: '', invokedMs, returnedMs: invokedMs + 5, ...read });
  });
  return [...history, ...added];
}

/** With two acknowledged PUTs of a key of their own after all the rest. */
function withTwo(history: History): { readonly history: History; readonly newer: PutRecord } {
  const [last] = later(history, {}).slice(-1);
  const atMs = last !== undefined && 'invokedMs' in last ? last.invokedMs : 0;
  const times = { key: 'two', invokedMs: atMs, returnedMs: atMs + 1 };
  const newer = put({ ...times, value: 'newer', version: 2 });
  return { history: [...history, put({ ...times, value: 'older', version: 1 }), newer], newer };
}

/** What is stale is also most of what goes back: it has a test of its own. */
function rulesBroken(history: History): RuleName[] {
  const rules = check(history).findings.map(({ rule }) => rule);
  return rules.filter((rule) => rule !== 'stale');
}

law('a planted invention is found', [lawful], 200, (history) => {
  const { history: base, newer } = withTwo(history);
  const never = later(base, { key: 'two', value: 'never put' });
  const elsewhere = later(base, { key: 'a', value: 'newer' });
  const early = { key: 'two', value: 'newer', returnedMs: newer.invokedMs - 1 };
  const ahead = [...base, get({ ...early, invokedMs: newer.invokedMs - 2 })];
  const failed = put({ key: 'f', value: 'failed', outcome: 'failed', version: 0 });
  const unmade = later([...base, failed], { key: 'f', value: 'failed' });
  for (const planted of [never, elsewhere, ahead, unmade]) {
    assert.deepEqual(rulesBroken(planted), ['invention']);
  }
});

law(
  'what is read after its end and the allowance is found, and nothing before',
  [lawful, fc.integer({ min: -4000, max: 4000 })],
  200,
  (history, lateMs) => {
    const { history: base, newer } = withTwo(history);
    const invokedMs = newer.returnedMs + TTL_MS + 2000 + lateMs;
    const read = get({ key: 'two', value: 'newer', invokedMs, returnedMs: invokedMs + 5 });
    assert.deepEqual(rulesBroken([...base, read]), lateMs > 0 ? ['expiry'] : []);
  },
);

law('going back is found', [lawful, fc.nat(2)], 200, (history, node) => {
  const { history: base, newer } = withTwo(history);
  const first = { key: 'two', node, value: 'newer' };
  const second = { key: 'two', node, value: 'older' };
  assert.deepEqual(rulesBroken(later(base, first, second)), ['going back']);
  assert.deepEqual(rulesBroken(later(base, first, { key: 'b', outcome: 'absent' }, second)), [
    'going back',
  ]);
  assert.deepEqual(rulesBroken(later(base, second, first)), []);
  assert.deepEqual(rulesBroken(later(base, first, { ...second, node: node + 1 })), []);
  // Reads that overlap may have happened in the other order.
  const during = { ...second, invokedMs: newer.returnedMs };
  assert.deepEqual(rulesBroken(later(base, first, during)), []);
  // The newer may have ended meanwhile, the older one only a little later.
  const end = newer.invokedMs + TTL_MS;
  const after = { ...second, invokedMs: end - 1, returnedMs: end + 1 };
  assert.deepEqual(rulesBroken(later(base, first, after)), []);
});

law('what is stale is found, through any node', [lawful, fc.nat(2)], 200, (history, node) => {
  const { history: base, newer } = withTwo(history);
  const read = { key: 'two', node, value: 'older' };
  const staleIn = (all: History): number => check(all).rules.stale.violations;
  assert.equal(staleIn(base), 0);
  assert.equal(staleIn(later(base, read)), 1);
  assert.equal(staleIn(later(base, { ...read, value: 'newer' })), 0);
  // One that began before the newer was acknowledged, and one that ended after its life.
  assert.equal(staleIn(later(base, { ...read, invokedMs: newer.returnedMs })), 0);
  const end = newer.invokedMs + TTL_MS;
  assert.equal(staleIn(later(base, { ...read, invokedMs: end - 1, returnedMs: end })), 0);
});

law('verdicts of parts with other keys add up', [lawful, lawful], 200, (one, two) => {
  const others = two.map((record) =>
    'key' in record ? { ...record, key: `${record.key}2`, value: `${record.value}2` } : record,
  );
  const { findings, ...sums } = sumOf(check(one), check(others));
  const { findings: all, ...whole } = check([...one, ...others]);
  assert.deepEqual([sums, findings.length], [whole, all.length]);
});

law('acknowledged values that are gone in the end are counted', [lawful], 200, (history) => {
  const { history: base } = withTwo(history);
  const read = { key: 'two', final: true };
  const absent = check(later(base, { ...read, outcome: 'absent' }));
  assert.deepEqual(absent.rules.lost, { checked: 1, unknown: 0, violations: 1 });
  assert.deepEqual(absent.lostAs, { absent: 1, older: 0 });
  assert.deepEqual(check(later(base, { ...read, value: 'older' })).lostAs, { absent: 0, older: 1 });
  assert.deepEqual(rulesBroken(later(base, { ...read, value: 'newer' })), []);
  const unknown = check(later(base, { ...read, outcome: 'unknown' }));
  assert.deepEqual(unknown.rules.lost, { checked: 0, unknown: 1, violations: 0 });
});

test('unknown outcomes pass nothing', (t) => {
  const lost = put({ value: 'v', outcome: 'unknown', answered: false, version: 0 });
  const verdict = check([lost, get({ value: '', outcome: 'unknown' }), get({ value: 'v' })]);
  t.deepEqual(verdict.rules.invention, { checked: 1, unknown: 1, violations: 0 });
  t.deepEqual(verdict.rules.expiry, { checked: 0, unknown: 2, violations: 0 });
  t.deepEqual(verdict.rules['going back'], { checked: 0, unknown: 2, violations: 0 });
  t.is(knownShare(verdict), 1 / 3);
  t.is(knownShare(check([])), 0);
});

test('a history that cannot be judged is refused', (t) => {
  const first = put({ value: 'v' });
  t.throws(() => check([first, put({ value: 'w', ttlMs: 1 })]), { message: /differ in their TTL/ });
  t.throws(() => check([first, put({ value: 'v' })]), { message: /two PUTs/ });
});

const sent: fc.Arbitrary<Sent[]> = fc
  .array(fc.constantFrom('sent' as const, 'acknowledged' as const, 'failed' as const))
  .map((outcomes) => outcomes.map((outcome, index) => ({ value: `v${index}`, outcome })));

law('a ledger takes what a faultless disk may hold, and nothing else', [sent], 500, (list) => {
  const last = list.findLastIndex(({ outcome }) => outcome === 'acknowledged');
  for (const [index, { value, outcome }] of list.entries()) {
    const expected = outcome === 'failed' ? 'invented' : index < last ? 'lost' : 'good';
    assert.equal(judge(list, value), expected);
  }
  assert.equal(judge(list, undefined), last < 0 ? 'good' : 'lost');
  assert.equal(judge(list, 'never sent'), 'invented');
});

test('what was served once counts as acknowledged', (t) => {
  const ledger = new Ledger();
  for (const value of ['a', 'b', 'c']) ledger.send('key', value);
  ledger.confirm('key', 'b');
  const now = ledger.of('key');
  t.deepEqual(
    ['a', 'b', 'c', undefined].map((value) => judge(now, value)),
    ['lost', 'good', 'good', 'lost'],
  );
});
