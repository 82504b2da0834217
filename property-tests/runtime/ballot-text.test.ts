// A ballot and a list of voters as text: the same comes back, a wrong byte or word is found, and a
// signature is of one list of one network.
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { hexOf } from '../../host/words.ts';
import { parseBallot, textOfBallot } from '../../runtime/election/ballot-file.ts';
import { isSignedVoters, parseVoters, signVoters } from '../../runtime/election/voter-list.ts';
import { faultOfCount, textOfVoters } from '../../runtime/election/voter-list.ts';
import { packIds } from '../../src/codec/election.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { newAuthority, scratch } from '../certificates/identity-kit.ts';
import { runs } from '../parameters.ts';

const id = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 7, selector: hexOf });
const signature = fc.oneof(
  fc.uint8Array({ minLength: 64, maxLength: 64 }),
  fc.constant(new Uint8Array()),
);
const version = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const voters: fc.Arbitrary<WireVoters> = fc.record({
  version,
  ids: ids.map(packIds),
  signature,
});
const ballot = fc.record({
  node: id.map(hexOf),
  term: fc.maxSafeNat(),
  vote: fc.option(id.map(hexOf), { nil: undefined }),
  voters,
});

testProp(
  'a ballot comes back from its text',
  [ballot],
  (t, one) => {
    t.deepEqual(parseBallot(textOfBallot(one)), one);
  },
  runs(100),
);

testProp(
  'of a ballot with a wrong byte, or cut, nothing is made',
  [ballot, fc.nat(), fc.integer({ min: 1, max: 255 })],
  (t, one, at, change) => {
    const bytes = Buffer.from(textOfBallot(one), 'latin1');
    const place = at % bytes.length;
    t.is(parseBallot(bytes.subarray(0, place).toString('latin1')), undefined);
    bytes[place] = (bytes[place] ?? 0) ^ change;
    t.is(parseBallot(bytes.toString('latin1')), undefined);
  },
  runs(100),
);

const word = fc.oneof(
  id.map(hexOf),
  fc.constantFrom('-', '', '0', '-1', '1e99', '0x10', 'x'),
  fc.string(),
);
const places = fc.array(fc.tuple(fc.nat(), word), { minLength: 1, maxLength: 3 });

testProp(
  'other words under a check that fits are refused, or are a ballot',
  [ballot, places],
  (t, one, changes) => {
    const [body = ''] = textOfBallot(one).split(/(?<=\n)(?=check )/);
    const parts = body.split(/([ \n])/);
    for (const [at, other] of changes) parts[2 * (at % Math.ceil(parts.length / 2))] = other;
    const changed = parts.join('');
    const read = parseBallot(`${changed}check ${hash('sha256', changed)}\n`);
    if (read !== undefined) t.deepEqual(parseBallot(textOfBallot(read)), read);
    t.pass();
  },
  runs(1000),
);

testProp(
  'other fields in a list are refused, or are a list',
  [
    voters,
    fc.record(
      {
        version: fc.anything(),
        voters: fc.oneof(fc.array(word, { maxLength: 8 }), fc.anything()),
        signature: fc.oneof(word, fc.anything()),
      },
      { requiredKeys: [] },
    ),
  ],
  (t, one, changes) => {
    const list = { ...one, signature: new Uint8Array(64) };
    const fields = JSON.parse(textOfVoters(list)) as Readonly<Record<string, unknown>>;
    const read = parseVoters(JSON.stringify({ ...fields, ...changes }));
    if (read !== undefined) t.deepEqual(parseVoters(textOfVoters(read)), read);
    t.pass();
  },
  runs(500),
);

test('a signature is of one list, in its order, of one network', async (t) => {
  const dir = await scratch(t);
  const [ours, theirs] = [
    await newAuthority(join(dir, 'ours')),
    await newAuthority(join(dir, 'theirs')),
  ];
  const three = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
  const list = signVoters({ version: 2, ids: packIds(three) }, ours);
  t.deepEqual(parseVoters(textOfVoters(list)), list);
  t.true(isSignedVoters(list, ours.certificate));
  t.false(isSignedVoters(list, theirs.certificate));
  t.false(isSignedVoters({ ...list, version: 3 }, ours.certificate));
  t.false(isSignedVoters({ ...list, ids: packIds(three.slice(1)) }, ours.certificate));
  t.false(isSignedVoters({ ...list, ids: packIds([...three].reverse()) }, ours.certificate));
  t.false(isSignedVoters({ ...list, signature: new Uint8Array() }, ours.certificate));
});

test('three, five and seven voters are a list to begin with', (t) => {
  const good = Array.from({ length: 12 }, (_, count) => count).filter(
    (count) => faultOfCount(count) === undefined,
  );
  t.deepEqual(good, [3, 5, 7]);
});
