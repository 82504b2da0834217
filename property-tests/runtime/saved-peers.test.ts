// Peers that outlive a node: real nodes that come back without any introducer, and the file in
// which they keep whom they knew, whatever is in it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { PEERS_FILE_BYTES_MAX, SAVED_PEERS_ENOUGH, SAVED_PEERS_MAX } from '../../runtime/bounds.ts';
import { formatEndpoint, subnetOf } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { chosenPeers, parsePeers, textOfPeers } from '../../runtime/links/peers-file.ts';
import type { SavedPeer } from '../../runtime/links/peers-file.ts';
import { SavedPeers } from '../../runtime/links/saved-peers.ts';
import type { Contact } from '../../runtime/links/saved-peers.ts';
import { silentLog } from '../../runtime/log.ts';
import type { LogFields } from '../../runtime/log.ts';
import { law } from '../harness.ts';
import { freePorts } from '../ports.ts';
import { eventually, finds, identityAt, networkOf, newKey, newSite, nodeAt } from './node-kit.ts';
import type { Site } from './node-kit.ts';

test('a node whose introducers are gone for good comes back through saved peers', async (t) => {
  t.timeout(120_000);
  const site = await newSite(t);
  const identity = await identityAt(site, 'node3');
  const nodes = await networkOf(t, site, 4, (index) => (index === 3 ? { identity } : {}));
  const [first, second, , last] = nodes;
  assert.ok(first !== undefined && second !== undefined && last !== undefined);
  const key = newKey();
  t.is((await second.put(key, Uint8Array.of(7))).status, 'good');
  await last.close();
  await first.close();
  for (const bootstrap of [[formatEndpoint(first.listen)], []]) {
    await rm(join(site.dir, 'node3', 'records'), { recursive: true });
    const back = await nodeAt(t, site, 'node3', { identity, bootstrap });
    t.like(await back.joined, { type: 'joined' });
    await eventually(t, 'it knows both', () => back.status().contacts >= 2);
    await finds(t, back, key, Uint8Array.of(7));
    await back.close();
  }
});

test('a node that finds none of its saved peers looks for them again', async (t) => {
  const site = await newSite(t);
  const identities = await Promise.all(['node0', 'node1'].map((name) => identityAt(site, name)));
  const base = await freePorts(2);
  const own = (index: number) => ({
    identity: identities[index] ?? t.fail(),
    listen: { host: '127.0.0.1', port: base + index },
  });
  const [first, second] = await networkOf(t, site, 2, own);
  assert.ok(first !== undefined && second !== undefined);
  await Promise.all([first.close(), second.close()]);
  const alone = await nodeAt(t, site, 'node1', own(1));
  t.like(await alone.joined, { type: 'joined', contacts: 0 });
  // The other one knows nobody any more: it cannot be the one that finds.
  await rm(join(site.dir, 'node0', 'peers'), { force: true });
  await nodeAt(t, site, 'node0', own(0));
  await eventually(t, 'it is found', () => alone.status().contacts === 1, 60_000);
});

test('the last of a young network keeps those that left before it', async (t) => {
  const site = await newSite(t);
  const [first, last] = await networkOf(t, site, 2);
  assert.ok(first !== undefined && last !== undefined);
  const saved = async (): Promise<string> =>
    await readFile(join(site.dir, 'node1', 'peers'), 'latin1').catch(() => '');
  let text = '';
  const look = setInterval(() => {
    void saved().then((now) => (text = now));
  }, 100);
  await eventually(t, 'it is saved', () => text.includes(first.id), 15_000);
  clearInterval(look);
  await first.close();
  await eventually(t, 'it has left', () => last.status().contacts === 0);
  await last.close();
  t.regex(await saved(), new RegExp(first.id));
});

test('with many peers, a change is in the file after the interval', async (t) => {
  const site = await newSite(t);
  const many = Array.from({ length: SAVED_PEERS_ENOUGH }, newContact);
  await save(site, many);
  const dir = join(site.dir, 'node');
  const saved = await SavedPeers.open(dir, silentLog);
  t.teardown(() => {
    saved.end();
  });
  t.is(saved.peers.length, SAVED_PEERS_ENOUGH);
  const contacts = [...many, newContact()];
  let asked = 0;
  const known = (): readonly Contact[] => {
    asked += 1;
    return contacts;
  };
  saved.begin(known, 20);
  const inFile = (): readonly string[] =>
    parsePeers(readFileSync(join(dir, 'peers'), 'latin1'))?.map(({ id }) => id) ?? [];
  const hasAll = (): boolean => contacts.every(({ id }) => inFile().includes(id));
  await eventually(t, 'they are saved', hasAll);
  const before = await stat(join(dir, 'peers'));
  const askedBefore = asked;
  await eventually(t, 'it looks again', () => asked >= askedBefore + 3);
  t.is((await stat(join(dir, 'peers'))).ino, before.ino, 'nothing changed, so nothing is written');
  contacts.pop();
  const newcomer = newContact();
  contacts.push(newcomer);
  await eventually(t, 'the change is saved', () => inFile().includes(newcomer.id));
  t.is(inFile().length, contacts.length);
});

test('where another peer lives now, nobody is found', async (t) => {
  const site = await newSite(t);
  const other = await nodeAt(t, site, 'other');
  await save(site, [{ id: randomBytes(32).toString('hex'), at: [other.listen] }]);
  const node = await nodeAt(t, site, 'node');
  t.like(await node.joined, { type: 'joined', contacts: 0 });
  t.is(node.status().links, 0);
});

test('a file that is damaged is set aside and said, and does no harm', async (t) => {
  const site = await newSite(t);
  const identity = await identityAt(site, 'node');
  const path = join(site.dir, 'node', 'peers');
  const id = randomBytes(32).toString('hex');
  const line = `${id} 2026-01-31 127.0.0.1:1`;
  const long = `orrery peers 1\n${`${line}\n`.repeat(1000)}`;
  for (const text of ['', '\0\xff', 'orrery peers 2\n', `orrery peers 1\n${line}`, long]) {
    await writeFile(path, text, 'latin1');
    const warnings: LogFields[] = [];
    const log = { ...silentLog, warn: (fields: LogFields) => warnings.push(fields) };
    const node = await nodeAt(t, site, 'node', { identity, log });
    t.like(await node.joined, { type: 'joined' });
    await node.close();
    t.like(warnings, [{ movedTo: `${path}.damaged` }], JSON.stringify(text.slice(0, 80)));
    t.is(await readFile(`${path}.damaged`, 'latin1'), text);
    await t.throwsAsync(stat(path), { code: 'ENOENT' });
  }
});

test('what cannot be written is said, and the node stops cleanly', async (t) => {
  const site = await newSite(t);
  const first = await nodeAt(t, site, 'first');
  const warnings: string[] = [];
  const warn = (_: LogFields, message: string): void => {
    warnings.push(message);
  };
  const bootstrap = [formatEndpoint(first.listen)];
  const identity = await identityAt(site, 'node');
  // A directory that is not empty cannot be replaced by a file; a node saves soon after it began.
  await mkdir(join(site.dir, 'node', 'peers', 'in the way'), { recursive: true });
  const log = { ...silentLog, warn };
  const node = await nodeAt(t, site, 'node', { bootstrap, identity, log });
  await node.joined;
  await node.close();
  t.true(warnings.includes('the known peers cannot be saved'), warnings.join());
});

test('the longest file is within the cap', (t) => {
  const host = `2001:db8:${'ffff:'.repeat(6)}`.slice(0, -1);
  const at = [1, 2, 3, 4].map((port) => ({ host, port: 60_000 + port }));
  const longest = Array.from({ length: SAVED_PEERS_MAX }, (_, index) => ({
    id: index.toString(16).padStart(64, 'f'),
    seen: '2026-03-01',
    at,
  }));
  const text = textOfPeers(longest);
  t.true(text.length <= PEERS_FILE_BYTES_MAX && text.length > PEERS_FILE_BYTES_MAX / 2);
  t.is(parsePeers(text)?.length, SAVED_PEERS_MAX);
});

const endpoint = (): fc.Arbitrary<Endpoint> =>
  fc.record({
    host: fc.oneof(
      fc.tuple(...[1, 2, 3, 4].map(() => fc.nat(255))).map((bytes) => bytes.join('.')),
      fc.nat(0xffff).map((group) => `2001:db8::${(group + 1).toString(16)}`),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
  });

const peers = (): fc.Arbitrary<SavedPeer[]> =>
  fc.uniqueArray(
    fc.record({
      id: fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((b) => Buffer.from(b).toString('hex')),
      seen: fc.constantFrom('2026-01-01', '2026-02-20', '2026-03-01'),
      at: fc.array(endpoint(), { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 160, selector: ({ id }) => id },
  );

law('what is saved is read back, within the cap, and no order matters', [peers()], 100, (all) => {
  const some = all.slice(0, SAVED_PEERS_MAX);
  const text = textOfPeers(some);
  assert.ok(text.length <= PEERS_FILE_BYTES_MAX);
  assert.equal(textOfPeers([...some].reverse()), text);
  const back = parsePeers(text) ?? [];
  assert.equal(textOfPeers(back), text);
  assert.equal(back.length, some.length);
});

law(
  'text from the disk never throws, and a wrong line spoils the file',
  [peers(), fc.nat(), fc.string({ unit: 'binary', maxLength: 200 })],
  300,
  (some, at, noise) => {
    parsePeers(noise);
    const text = textOfPeers(some.slice(0, SAVED_PEERS_MAX));
    const cut = at % text.length;
    parsePeers(text.slice(0, cut));
    parsePeers(text.slice(0, cut) + noise + text.slice(cut));
    assert.equal(parsePeers(`${text}${noise.replaceAll('\n', '')} \n`), undefined);
  },
);

law(
  'all contacts are saved, or as many as fit, spread over subnets',
  [peers(), peers()],
  100,
  (...drawn) => {
    const [contacts, earlier] = drawn;
    const before = earlier.filter(({ id }) => contacts.every((peer) => peer.id !== id));
    const chosen = chosenPeers(contacts, before, '2026-03-15');
    assert.ok(chosen.length <= SAVED_PEERS_MAX);
    const isChosen = (peer: SavedPeer): boolean => chosen.includes(peer);
    assert.equal(contacts.filter(isChosen).length, Math.min(contacts.length, SAVED_PEERS_MAX));
    const older = before.filter(isChosen);
    const fresh = before.filter(({ seen }) => seen > '2026-02-13');
    const room = Math.max(0, SAVED_PEERS_ENOUGH - contacts.length);
    assert.ok(older.every(({ seen }) => seen > '2026-02-13'));
    assert.equal(older.length, Math.min(fresh.length, room));
  },
);

test('one subnet does not push the others out', (t) => {
  const many = Array.from({ length: 500 }, (_, index) => ({
    id: index.toString(16).padStart(64, '0'),
    seen: '2026-03-01',
    at: [{ host: index < 450 ? `10.0.0.${index % 250}` : `10.1.${index}.1`, port: 1 + index }],
  }));
  const chosen = chosenPeers(many, [], '2026-03-01');
  t.is(new Set(chosen.map(({ at }) => subnetOf(at[0]?.host ?? ''))).size, 51);
  t.is(chosen.length, SAVED_PEERS_MAX);
});

function newContact(): Contact {
  return { id: randomBytes(32).toString('hex'), at: [{ host: '127.0.0.1', port: 1 }] };
}

/** As an earlier life of `node` would have left it. */
async function save(site: Site, known: readonly Contact[]): Promise<void> {
  await mkdir(join(site.dir, 'node'));
  const text = textOfPeers(known.map((peer) => ({ ...peer, seen: '2026-01-31' })));
  await writeFile(join(site.dir, 'node', 'peers'), text);
}
