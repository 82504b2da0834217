/**
 * The dashboard of real nodes in a real browser: what it shows is what the nodes know, a look-up
 * shows whom they asked, a node that is killed is seen, and so is the end of the node itself.
 */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { configuredVoters } from '../../runtime/election/voter-list.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { contrast } from '../../sim/edge/report/palette.ts';
import { launch } from '../cli/cli-kit.ts';
import { freePorts } from '../ports.ts';
import { boxesOf, hexOf, openPage, readAll, texts } from '../report/browser-kit.ts';
import type { BrowserPage } from '../report/browser-kit.ts';
import { addressOf } from './admin-kit.ts';
import { says, scene } from './dashboard-kit.ts';
import { ANY_PORT, eventually, identityAt, networkOf, newSite, nodeAt } from './node-kit.ts';
import { untilRight } from './node-kit.ts';
import { identitiesAt } from './voters-kit.ts';

async function rowsOf(page: BrowserPage, selector: string): Promise<readonly string[][]> {
  const script = `[...document.querySelectorAll('${selector} tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent))`;
  return (await page.evaluate(script)) as readonly string[][];
}

test('who leads is shown at every voter, and what became of it', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, 3);
  const voters = configuredVoters(identities.ids);
  const nodes = await networkOf(t, site, 3, (index) => {
    return { admin: ANY_PORT, voters, identity: identities.of(index) };
  });
  const [first] = nodes;
  if (first === undefined) return t.fail();
  const opened = await openPage(t, addressOf(first));
  if (opened === undefined) return;
  const { page } = opened;
  await says(t, page, '#state', /^live$/);
  const pages = new Map([[first, opened]]);
  // Who closes hands over: the page of another sees who comes next.
  const read = async () => {
    const leader = await leads(t, page, nodes, first);
    const [seen = first] = nodes.filter((node) => node !== leader);
    const other = pages.get(seen) ?? (await openPage(t, addressOf(seen))) ?? t.fail();
    pages.set(seen, other);
    await says(t, other.page, '#state', /^live$/);
    return { leader, other, theirs: await leads(t, other.page, nodes, seen) };
  };
  const agree = ({ leader, theirs }: Awaited<ReturnType<typeof read>>): boolean =>
    leader !== undefined && leader === theirs;
  const { leader, other, theirs } = await untilRight(read, agree, 60_000);
  if (leader === undefined) return t.fail('the page shows no leader, or not what it is');
  t.is(theirs, leader);
  await leader.close();
  const next = nodes.filter((node) => node !== leader).map(({ id }) => id.slice(0, 8));
  await says(t, other.page, '#changes', new RegExp(`leader: .*(this node|${next.join('|')})`));
  await says(t, other.page, '#term', /^term \d+, 3 voters of list 1$/);
  for (const { noise } of pages.values()) t.deepEqual(noise, []);
});

/**
 * Whom the page of a node shows as the leader, with role, term and place; nothing when these do not
 * fit together, as in an election.
 */
async function leads(
  t: ExecutionContext,
  page: BrowserPage,
  nodes: readonly RunningNode[],
  own: RunningNode,
): Promise<RunningNode | undefined> {
  await says(t, page, '#leader', /^(this node|[0-9a-f]{8})$/);
  const role = await says(t, page, '#role', /^this node: (leader|follower) since /);
  await says(t, page, '#term', /^term \d+, 3 voters of list 1$/);
  const [[shown = ''], [at]] = [await texts(page, '#leader'), await texts(page, '#leader-at')];
  const leader = nodes.find(({ id }) => id.startsWith(shown)) ?? own;
  const isOwn = shown === 'this node';
  const isSound = role.includes('leader') === isOwn && (leader === own) === isOwn;
  return isSound && at === `at ${formatEndpoint(leader.listen)}` ? leader : undefined;
}

test('what is shown is what the node knows, and each hop of a look-up', async (t) => {
  const { nodes, first } = await scene(t, 5);
  const opened = await openPage(t, addressOf(first));
  if (opened === undefined) return;
  const { page, noise } = opened;
  await says(t, page, '#state', /^live$/);
  await says(t, page, '#name', new RegExp(`${first.id.slice(0, 8)} at .*:${first.listen.port}`));
  t.is(await page.evaluate('document.title'), `${formatEndpoint(first.listen)} – Orrery node`);
  t.regex(await says(t, page, '#facts', /joined/), /4 contacts · 4 links/);
  const others = nodes.slice(1).map(({ id, listen }) => [formatEndpoint(listen), id.slice(0, 8)]);
  const links = await rowsOf(page, '#links');
  t.deepEqual(links.map((row) => row.slice(0, 2)).sort(), others.sort());
  t.true(links.every(([, , , roundTrip = '']) => /^[\d.]+ ms$/.test(roundTrip)));
  t.deepEqual(
    (await rowsOf(page, '#contacts')).map((row) => row.slice(0, 2)).sort(),
    others.sort(),
  );
  const buckets = await rowsOf(page, '#buckets');
  t.is(
    buckets.reduce((sum, [, , contacts]) => sum + Number(contacts), 0),
    4,
  );
  t.is((await boxesOf(page, '#ring .contact.linked')).length, 4);
  const stored = first.status().records;
  await says(t, page, '#leader', /^none known$/);
  t.regex((await texts(page, '#keys')).join(), new RegExp(`^${stored} keys?$`));
  await says(t, page, '#reads-sum', /^10 in the last minute, 0 failed$/);
  await says(t, page, '#writes-p50', /^[\d.]+ ms$/);

  await page.fill('#key', 'key 3');
  await page.focus('#key');
  await page.keyboard.press('Enter');
  await says(t, page, '#outcome', /^Found (here, )?at .*\d requests?, [\d.]+ ms/);
  await says(t, page, '#record', /1000 B · version \d+ · .* 3 replicas wanted/);
  const hops = await rowsOf(page, '#hops');
  t.true(hops.length > 0);
  for (const [, asked = ''] of hops)
    t.true(
      others.some(([at]) => at === asked),
      asked,
    );
  t.true(hops.some(([, , , , , answer = '']) => answer.startsWith('holds it')));
  t.is((await boxesOf(page, '#ring .key')).length, 1);
  await page.fill('#key', 'no such key');
  await page.click('#go');
  await says(t, page, '#outcome', /^Not found/);
  t.deepEqual(noise, []);
});

test('a node that is killed is seen', async (t) => {
  // Between the two calls that are missed there is time to see a suspect.
  const { site, first } = await scene(t, 3, { config: { timeoutMs: 6000 } });
  await identityAt(site, 'victim');
  const through = ['--bootstrap', formatEndpoint(first.listen)];
  const victim = launch(t, site.dir, 'node', '-p', '0', '--data', 'victim', ...through);
  const [, at = ''] = await victim.output(/listens on (\S+), clients/);
  await eventually(t, 'it is a contact', () => first.status().contacts === 3);
  const opened = await openPage(t, addressOf(first));
  if (opened === undefined) return;
  const { page, noise } = opened;
  await says(t, page, '#links', new RegExp(at));
  t.is((await boxesOf(page, '#ring .contact')).length, 3);
  // Silent first: whoever asks for keys near it finds out that it does not answer.
  victim.kill('SIGSTOP');
  await page.fill('#key', 'no such key');
  await page.click('#go');
  await says(t, page, '#changes', new RegExp(`suspect: ${at} .* missed a call`));
  const states = (await rowsOf(page, '#contacts')).map(([where, , , state]) => [where, state]);
  t.deepEqual(states.find(([where]) => where === at)?.[1], 'suspect');
  t.is((await boxesOf(page, '#ring .contact.suspect')).length, 1);
  victim.kill('SIGKILL');
  await victim.ended;
  await says(t, page, '#changes', new RegExp(`link ended: ${at}`));
  await page.click('#go');
  await says(t, page, '#changes', new RegExp(`contact gone: ${at}`));
  t.false((await texts(page, '#links')).join().includes(at));
  t.is((await boxesOf(page, '#ring .contact')).length, 2);
  t.deepEqual(noise, []);
});

test('the end of the node is seen, and its return', async (t) => {
  const site = await newSite(t);
  const identity = await identityAt(site, 'n');
  const admin = { host: '127.0.0.1', port: await freePorts(1) };
  const node = await nodeAt(t, site, 'n', { identity, admin });
  const opened = await openPage(t, addressOf(node));
  if (opened === undefined) return;
  const { page, noise } = opened;
  await says(t, page, '#state', /^live$/);
  await node.close();
  await says(t, page, '#state', /^node gone$/);
  await says(t, page, '#since', /^since [1-9]\d* s$/);
  t.regex(String(await page.evaluate('document.title')), /^gone: /);
  await nodeAt(t, site, 'n', { identity, admin });
  await says(t, page, '#state', /^live$/);
  t.regex((await texts(page, '#since')).join(), /^heard of again after \d+ s$/);
  // The browser itself says that it was refused meanwhile.
  const own = noise.filter((line) => !line.includes('net::ERR_'));
  t.deepEqual(own, []);
});

test('text can be read and nothing hangs over, on a dark phone as well', async (t) => {
  const { first } = await scene(t, 4);
  const port = first.admin?.port ?? 0;
  const url = `${addressOf(first)}/#nodes=${port}-${port + 2}`;
  for (const view of [{}, { scheme: 'dark', width: 375 }] as const) {
    const opened = await openPage(t, url, view);
    if (opened === undefined) return;
    const { page, noise } = opened;
    await says(t, page, '#state', /^live$/);
    await page.fill('#key', 'key 1');
    await page.click('#go');
    await says(t, page, '#outcome', /^Found/);
    t.deepEqual(await texts(page, '#cluster a'), ['node 1', 'node 2', 'node 3']);
    t.deepEqual(await texts(page, '#cluster a[aria-current]'), ['node 1']);
    const [, second] = await readAll(page, '#cluster a', 'element.href');
    t.is(second, `http://127.0.0.1:${port + 1}/#nodes=${port}-${port + 2}`);
    t.false(await page.evaluate('document.documentElement.scrollWidth > innerWidth'));
    const grounds = await readAll(page, 'html, .card', STYLE('backgroundColor'));
    const colours = new Set([
      ...(await readAll(page, 'h1, h2, p, b, small, td, th, dt, a, label, code', STYLE('color'))),
      ...(await readAll(page, '#ring text', STYLE('fill'))),
    ]);
    for (const ground of new Set(grounds)) {
      for (const colour of colours) {
        const ratio = contrast(hexOf(colour), hexOf(ground));
        t.true(ratio >= 4.5, `${colour} on ${ground}: ${ratio}`);
      }
    }
    t.is(contrast(hexOf(grounds[0] ?? ''), '#000000') < 1.5, 'scheme' in view);
    t.deepEqual(noise, []);
  }
});

const STYLE = (part: string): string => `getComputedStyle(element).${part}`;
