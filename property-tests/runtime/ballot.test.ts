// What a data directory says of an earlier life of a voter: its ballot and the lists that it knows.
import { access, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { PeerDirectory } from '../../host/directory.ts';
import { systemClock } from '../../runtime/clock.ts';
import { signVoters } from '../../runtime/election/voter-list.ts';
import { Voting } from '../../runtime/election/voting.ts';
import type { Authority } from '../../runtime/identity/authority.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { silentLog } from '../../runtime/log.ts';
import { packIds } from '../../src/codec/election.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { newAuthority, newIdentity, scratch } from '../certificates/identity-kit.ts';

interface Home {
  readonly dataDir: string;
  readonly authority: Authority;
  readonly identity: Identity;
  readonly list: WireVoters;
}

async function newHome(t: ExecutionContext): Promise<Home> {
  const dir = await scratch(t);
  const authority = await newAuthority(join(dir, 'authority'));
  const identity = await newIdentity(authority, join(dir, 'node'));
  const others = [1, 2].map((byte) => new Uint8Array(32).fill(byte));
  const list = signVoters({ version: 1, ids: packIds([identity.nodeId, ...others]) }, authority);
  return { dataDir: join(dir, 'node'), authority, identity, list };
}

async function opened(home: Home, given: WireVoters | undefined = home.list): Promise<Voting> {
  const directory = new PeerDirectory({ peersMax: 100, indexKey: [1, 2] });
  const identity = new LiveIdentity(home.identity);
  directory.intern(home.identity.nodeId);
  const parts = { dataDir: home.dataDir, identity, directory, clock: systemClock() };
  return await Voting.open({ ...parts, log: silentLog }, given);
}

/** What the core would have written. */
async function voted(voting: Voting, term: number): Promise<boolean> {
  const list = voting.kept.ballot?.voters ?? voting.kept.voters;
  return list !== undefined && (await voting.persist({ term, vote: 1, voters: list }));
}

test('a ballot is there for the next life, also without the file of the voters', async (t) => {
  const home = await newHome(t);
  const first = await opened(home);
  t.is(first.ballotState, 'none');
  t.is(first.kept.ballot, undefined);
  t.is(first.kept.voters?.version, 1);
  t.true(await voted(first, 3));
  const again = await opened(home, undefined);
  t.is(again.ballotState, 'kept');
  t.like(again.kept.ballot, { term: 3, voters: { version: 1, peers: [0, 1, 2] } });
  t.deepEqual(again.signatureOf(1), home.list.signature);
  t.true(again.certifies(home.list));
});

test('a ballot that is lost is no first one, however it was lost', async (t) => {
  const home = await newHome(t);
  const path = join(home.dataDir, 'ballot');
  t.true(await voted(await opened(home), 3));
  const text = await readFile(path, 'utf8');
  const lose = [
    () => rm(path, { force: true }),
    () => writeFile(path, ''),
    () => writeFile(path, text.slice(0, -1)),
    () => writeFile(path, text.replace(home.identity.nodeIdHex, 'f'.repeat(64))),
  ];
  for (const one of lose) {
    await one();
    // Nor is it at the start after that.
    for (let start = 0; start < 2; start++) {
      const voting = await opened(home);
      t.is(voting.ballotState, 'lost');
      t.deepEqual(voting.kept, { voters: undefined });
      t.false(voting.certifies(home.list), 'no leader counts so soon');
    }
  }
  await access(`${path}.damaged`);
  // A ballot alone says as much as with the mark beside it.
  await rm(join(home.dataDir, 'voted'));
  await writeFile(path, 'no ballot');
  t.is((await opened(home)).ballotState, 'lost');
  t.is((await opened(home)).ballotState, 'lost');
});

test('ballots that are asked for at once are written in their order', async (t) => {
  const home = await newHome(t);
  const voting = await opened(home);
  const all = Array.from({ length: 60 }, (_, before) => voted(voting, before + 1));
  t.true((await Promise.all(all)).every(Boolean));
  t.is((await opened(home)).kept.ballot?.term, 60);
});

test.serial('a ballot counts when its file and its directory are synced, no sooner', async (t) => {
  const home = await newHome(t);
  const voting = await opened(home);
  t.true(await voted(voting, 1));
  const failing = { at: Infinity, synced: 0 };
  await failSyncs(t, join(home.dataDir, 'probe'), failing);
  for (const at of [1, 2]) {
    Object.assign(failing, { at, synced: 0 });
    t.false(await voted(voting, 1 + at));
    t.is(failing.synced, at);
  }
  failing.at = Infinity;
  t.true(await voted(voting, 4));
});

/** Has one sync of any file fail, by its number, until the test is over. */
async function failSyncs(
  t: ExecutionContext,
  path: string,
  failing: { readonly at: number; synced: number },
): Promise<void> {
  const probe = await open(path, 'w');
  const handles = Object.getPrototypeOf(probe) as object;
  await probe.close();
  const before = Object.getOwnPropertyDescriptor(handles, 'sync') ?? t.fail();
  const sync = before.value as () => Promise<void>;
  t.teardown(() => Object.defineProperty(handles, 'sync', before));
  const value = async function (this: unknown): Promise<void> {
    failing.synced += 1;
    if (failing.synced === failing.at) throw new Error('the sync failed');
    await Reflect.apply(sync, this, []);
  };
  Object.defineProperty(handles, 'sync', { ...before, value });
}

test('a ballot that cannot be written is not on disk', async (t) => {
  const home = await newHome(t);
  const voting = await opened(home);
  const path = join(home.dataDir, 'ballot');
  await mkdir(join(path, 'in-the-way'), { recursive: true });
  t.false(await voted(voting, 3));
  t.is(voting.ballotState, 'unwritten');
  await rm(path, { recursive: true });
  t.true(await voted(voting, 3));
  t.is(voting.ballotState, 'kept');
});

test('a list that is known counts with a signature or without', async (t) => {
  const home = await newHome(t);
  const unsigned = { ...home.list, signature: new Uint8Array() };
  t.true((await opened(home)).certifies(unsigned));
  const configured = await opened(home, unsigned);
  t.true(configured.certifies({ ...unsigned, signature: new Uint8Array(64) }));
  t.is(configured.signatureOf(1)?.length, 0);
  t.true(configured.certifies(home.list));
  t.deepEqual(configured.signatureOf(1), home.list.signature);
});

test('of two lists of a version the first counts, and so much is kept at once', async (t) => {
  const home = await newHome(t);
  const voting = await opened(home);
  t.true(await voted(voting, 1));
  const { version, ids: named } = home.list;
  const other = signVoters({ version, ids: named.slice(32) }, home.authority);
  t.false(voting.certifies(other));
  t.is(voting.take(other), undefined);
  await t.throwsAsync(opened(home, other), { message: /is by other voters of version 1/ });
  for (let next = 2; next < 50; next++) {
    t.true(voting.certifies(signVoters({ version: next, ids: named }, home.authority)));
  }
  const known = Array.from({ length: 50 }, (_, next) => voting.signatureOf(next));
  t.is(known.filter((one) => one !== undefined).length, 8);
  t.deepEqual(voting.signatureOf(1), home.list.signature, 'that of the ballot stays');
});

test('a list that the core has stays, whatever others are sent', async (t) => {
  const home = await newHome(t);
  t.true(await voted(await opened(home), 1));
  const { ids: named } = home.list;
  const signed = (next: number): WireVoters =>
    signVoters({ version: next, ids: named }, home.authority);
  const voting = await opened(home, signed(2));
  const proposed = voting.kept.voters ?? t.fail();
  const sendOthers = (from: number): void => {
    for (let next = from; next < from + 20; next++) t.true(voting.certifies(signed(next)));
  };
  sendOthers(100);
  t.true(await voting.persist({ term: 2, vote: undefined, voters: proposed }));

  // The next that the operator gives, and once the core has it.
  const next = voting.take(signed(3)) ?? t.fail();
  const ballot = { term: 2, vote: undefined, voters: proposed };
  voting.onElection({ ballot, proposed: next });
  sendOthers(200);
  t.deepEqual(
    [1, 2, 3].map((one) => voting.signatureOf(one) !== undefined),
    [false, true, true],
  );
  t.true(await voting.persist({ ...ballot, voters: next }));
});
