// The lists of introducers that a node keeps: what comes back from its disk, what it makes of a
// file that is damaged or of another network, and that neither lists which the core refuses nor old
// ones that somebody repeats take the place of the one that counts.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { PeerDirectory } from '../../host/directory.ts';
import { systemClock } from '../../runtime/clock.ts';
import { parseIntroducers, textOfIntroducers } from '../../runtime/election/introducers-file.ts';
import { Listing } from '../../runtime/election/listing.ts';
import { signVoters } from '../../runtime/election/voter-list.ts';
import { Voting } from '../../runtime/election/voting.ts';
import { UsageError } from '../../runtime/failure.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { signBytes } from '../../runtime/identity/identity.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { AddressBook } from '../../runtime/links/address-book.ts';
import { silentLog } from '../../runtime/log.ts';
import { packPeers } from '../../src/codec/address.ts';
import { packIds } from '../../src/codec/election.ts';
import { endorsedBytes } from '../../src/codec/introducers.ts';
import type { Introducers } from '../../src/types.ts';
import type { WireIntroducers, WireVoters } from '../../src/wire-types.ts';
import { newAuthority, newIdentity, scratch } from '../certificates/identity-kit.ts';

interface Home {
  readonly dataDir: string;
  readonly node: Identity;
  /** A voter, and what it signs. */
  readonly leader: Identity;
  readonly voters: WireVoters;
}

async function newHome(t: ExecutionContext): Promise<Home> {
  const dir = await scratch(t);
  const authority = await newAuthority(join(dir, 'authority'));
  const dataDir = join(dir, 'node');
  const node = await newIdentity(authority, dataDir);
  const leader = await newIdentity(authority, join(dir, 'leader'));
  const ids = [leader.nodeId, ...[1, 2].map((byte) => new Uint8Array(32).fill(byte))];
  return {
    dataDir,
    node,
    leader,
    voters: signVoters({ version: 1, ids: packIds(ids) }, authority),
  };
}

async function opened({ dataDir, node }: Home, given?: WireIntroducers): Promise<Listing> {
  const identity = new LiveIdentity(node);
  const directory = new PeerDirectory({ peersMax: 100, indexKey: [1, 2] });
  const self = directory.intern(node.nodeId) ?? -1;
  const parts = { dataDir, identity, log: silentLog };
  const voting = await Voting.open({ ...parts, directory, clock: systemClock() }, undefined);
  return await Listing.open({ ...parts, self, voting, book: new AddressBook() }, given);
}

function signed({ leader, voters }: Home, term: number, serial: number): WireIntroducers {
  const address = { family: 4, ip: new Uint8Array([127, 0, 0, 1]), port: 6501 } as const;
  const list = {
    term,
    serial,
    madeAtMs: Date.now(),
    voters,
    leader: leader.nodeId,
    certificate: leader.certificateDer,
    peers: packPeers([{ id: leader.nodeId, addresses: [address] }]),
  };
  return { ...list, signature: Uint8Array.from(signBytes(leader, endorsedBytes(list))) };
}

/** As the core knows it; it has not taken it yet. */
function arrived(listing: Listing, wire: WireIntroducers): Introducers {
  const { term, serial, madeAtMs } = wire;
  const list = { term, serial, madeAtMs, leader: 1, peers: [1] };
  listing.keepIntroducers(list, wire);
  return list;
}

test('the newest list that the core took is there in the next life', async (t) => {
  const home = await newHome(t);
  const before = await opened(home);
  t.is(before.newest, undefined);
  for (const [term, serial] of [
    [2, 1],
    [2, 2],
    [1, 9],
  ] as const) {
    before.onElection({ introducers: arrived(before, signed(home, term, serial)) });
  }
  await before.settled();
  const after = await opened(home);
  t.deepEqual([after.newest?.term, after.newest?.serial], [2, 2]);
  t.deepEqual(
    after.peers.map(({ id }) => id),
    [home.leader.nodeIdHex],
  );
});

test('a list that the core refuses changes neither what is kept nor the file', async (t) => {
  const home = await newHome(t);
  const listing = await opened(home);
  const taken = arrived(listing, signed(home, 3, 1));
  listing.onElection({ introducers: taken });
  // A single voter can sign any term; the core takes none far above those that it knows.
  arrived(listing, signed(home, Number.MAX_SAFE_INTEGER, 1));
  listing.onElection({ introducers: taken });
  await listing.settled();
  t.is(listing.newest?.term, 3);
  t.is((await opened(home)).newest?.term, 3);
});

test('the list that counts can be passed on, however many others are repeated', async (t) => {
  const home = await newHome(t);
  const listing = await opened(home);
  const wire = signed(home, 2, 50);
  const taken = arrived(listing, wire);
  for (let serial = 1; serial < 40; serial++) arrived(listing, signed(home, 1, serial));
  t.deepEqual(listing.introducersOf(taken), wire);
});

test('a file that is damaged, or of another network, is as good as none', async (t) => {
  const home = await newHome(t);
  const list = signed(home, 2, 1);
  const path = join(home.dataDir, 'introducers.json');
  const text = textOfIntroducers(list);
  t.deepEqual(parseIntroducers(text), list);
  const forged = textOfIntroducers({ ...list, term: 3 });
  const foreign = textOfIntroducers(signed(await newHome(t), 2, 1));
  const half = text.slice(0, text.length / 2);
  const changed = text.replace('"signed": "AAAA', '"signed": "BAAA');
  for (const bad of ['', 'null', '{"signed":7}', half, changed, forged, foreign]) {
    await writeFile(path, bad);
    t.is((await opened(home)).newest, undefined, bad);
  }
  await writeFile(path, text);
  t.is((await opened(home)).newest?.term, 2);
  t.is(await readFile(path, 'utf8'), text);
});

test('an operator who names a list of another network is told, an own one is used', async (t) => {
  const [home, elsewhere] = [await newHome(t), await newHome(t)];
  await t.throwsAsync(opened(home, signed(elsewhere, 2, 1)), { instanceOf: UsageError });
  await t.throwsAsync(opened(home, { ...signed(home, 2, 1), serial: 2 }), {
    instanceOf: UsageError,
  });
  const listing = await opened(home, signed(home, 2, 1));
  t.deepEqual(
    listing.peers.map(({ id }) => id),
    [home.leader.nodeIdHex],
  );
});

test('who is no voter signs no list that counts', async (t) => {
  const home = await newHome(t);
  const { node } = home;
  const list = { ...signed(home, 2, 1), leader: node.nodeId, certificate: node.certificateDer };
  const own = { ...list, signature: signBytes(node, endorsedBytes(list)) };
  await t.throwsAsync(opened(home, own), { instanceOf: UsageError });
});
