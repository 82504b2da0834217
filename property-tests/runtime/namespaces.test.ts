/**
 * Nodes with IPv4 alone, IPv6 alone and both, in network namespaces: who can reach whom is decided
 * by the kernel, not by a setting.
 *
 * What must hold: two nodes that share a family have a link; two that share none have none, and
 * neither is the worse for it: a lookup that meets unreachable contacts goes on with the others. A
 * value is read at each node that shares a family with one of its holders. Where all holders
 * are of the other family nothing can be read, and the answer is "absent", in time.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { requireOrSkip } from '../require.ts';
import { ip, namespacesMissing, TestNetwork } from './namespace-kit.ts';
import type { Families, Host } from './namespace-kit.ts';
import { ask, command, linkUpLine, startAt, startNodeProcess } from './namespace-nodes.ts';
import type { Answer, NodeAt } from './namespace-nodes.ts';
import { untilRight } from './node-kit.ts';

const FAMILIES: Readonly<Record<string, Families>> = {
  both1: { v4: true, v6: true },
  both2: { v4: true, v6: true },
  four1: { v4: true, v6: false },
  four2: { v4: true, v6: false },
  six1: { v4: false, v6: true },
  six2: { v4: false, v6: true },
};

interface Site {
  readonly dir: string;
  readonly network: TestNetwork;
  readonly nodes: readonly NodeAt[];
}

let missing: string | undefined;
let site: Site | undefined;
const undo: (() => Promise<unknown>)[] = [];

test.before(async (t) => {
  t.timeout(120_000);
  missing = await namespacesMissing();
  if (missing !== undefined) return;
  const dir = await mkdtemp(join(tmpdir(), 'orrery-namespaces-'));
  undo.push(() => rm(dir, { recursive: true, force: true }));
  const network = await TestNetwork.open();
  undo.push(() => network.close());
  await command(dir, 'ca', 'init', '--dir', 'authority');
  const nodes: NodeAt[] = [];
  for (const [name, families] of Object.entries(FAMILIES)) {
    const host = await network.host(name, families);
    nodes.push(await member(dir, host, name, nodes[0]?.host));
  }
  site = { dir, network, nodes };
});

test.after.always('nothing is left behind', async (t) => {
  for (const step of undo.reverse()) await step();
  if (site === undefined) return;
  const left = await ip('netns', 'list');
  t.true(site.nodes.every(({ host }) => !left.includes(host.namespace)));
});

test.serial('nodes that share a family have a link, and no others', async (t) => {
  const { nodes } = siteOf(t) ?? {};
  if (nodes === undefined) return;
  for (const [one, other] of pairsOf(nodes)) {
    if (!share(one, other)) continue;
    await soon(one.running.errors(linkUpLine(other)), `${one.name} has a link to ${other.name}`);
  }
  for (const [one, other] of pairsOf(nodes)) {
    if (share(one, other)) continue;
    await t.throwsAsync(soon(one.running.errors(linkUpLine(other)), 'a link', 0));
  }
  t.is(pairsOf(nodes).filter(([one, other]) => share(one, other)).length, 22);
});

test.serial(
  'what is put at any node is read at all, for both families have a holder',
  async (t) => {
    const { nodes } = siteOf(t) ?? {};
    if (nodes === undefined) return;
    const keys = nodes.map(() => newKey());
    for (const [index, node] of nodes.entries()) {
      const put = { type: 'put', key: keys[index] ?? '', value: index, replicas: 8 } as const;
      // All that it shares a family with, and itself: nobody is left out for those out of reach.
      const reach = nodes.filter((other) => share(node, other)).length;
      const isHeld = ([one]: readonly Answer[]): boolean => (one?.holders ?? 0) >= reach / 2;
      const [answer] = await untilRight(() => ask(node, [put]), isHeld, AGAIN_MS);
      t.is(answer?.status, 'good', node.name);
      t.true((answer?.holders ?? 0) >= reach / 2, `${node.name}: ${answer?.holders ?? 0} holders`);
      t.log(`${node.name}: PUT on ${answer?.holders ?? 0} of ${reach} in reach, ${timeOf(answer)}`);
    }
    for (const node of nodes) {
      const answers = await answersOf(node, keys, AGAIN_MS);
      t.deepEqual(
        answers.map(({ value }) => value),
        [...keys.keys()],
        node.name,
      );
      t.log(`${node.name}: GET of ${keys.length} keys, ${answers.map(timeOf).join(', ')}`);
    }
  },
);

test.serial('a value whose holder has the other family alone is absent, in time', async (t) => {
  const { nodes } = siteOf(t) ?? {};
  if (nodes === undefined) return;
  const writer = nodes.find(({ name }) => name === 'four1') ?? t.fail();
  const keys = Array.from({ length: 12 }, newKey);
  const puts = keys.map((key, value) => ({ type: 'put', key, value, replicas: 1 }) as const);
  const stored = await ask(writer, puts);
  t.true(stored.every(({ status }) => status === 'good'));
  for (const node of nodes) {
    const mayMiss = node.host.v4 === undefined;
    const answers = await answersOf(node, keys, mayMiss ? 0 : AGAIN_MS);
    const found = answers.filter(({ value }, index) => value === index).length;
    const wrong = answers.filter(({ value }, index) => value !== undefined && value !== index);
    t.deepEqual(wrong, []);
    const slowest = Math.max(...answers.map(({ tookMs }) => tookMs));
    t.log(`${node.name}: ${found} of ${keys.length} found, slowest ${slowest.toFixed(0)} ms`);
    // A node with IPv4 shares a family with every holder that this writer can have chosen.
    if (!mayMiss) t.is(found, keys.length, node.name);
    t.true(slowest < OPERATION_MS_MAX, `${node.name}: ${slowest} ms`);
  }
});

test.serial('an address in two spellings is one, and one subnet', async (t) => {
  const { dir, network } = siteOf(t) ?? {};
  if (dir === undefined || network === undefined) return;
  const gate = await network.host('gate', { v4: true, v6: true });
  const door = await member(dir, gate, 'gate', undefined, ['--subnet-links', '1']);
  const first = await network.host('first', { v4: true, v6: false });
  const host = gate.v4 ?? t.fail();
  // The same place three times: as it is, in the clothes of IPv6, and those in other words.
  const through = [
    `${host}:${PORT}`,
    `[::ffff:${host}]:${PORT}`,
    `[::ffff:${hexOf(host)}]:${PORT}`,
  ];
  await command(dir, 'ca', 'issue', '--dir', 'authority', '--out', 'first');
  const args = ['-a', `${first.v4 ?? ''}:${PORT}`, '--bootstrap', ...through];
  const guest = await startAt(dir, first, 'first', args);
  await soon(guest.running.errors(linkUpLine(door)), 'the guest has a link');
  // The second one, of the same /24, comes as ::ffff:10.77.x.y to a listener on [::].
  const second = await network.host('second', { v4: true, v6: false }, first);
  await command(dir, 'ca', 'issue', '--dir', 'authority', '--out', 'second');
  const late = startNodeProcess(dir, second, 'second', [
    ...['-a', `${second.v4 ?? ''}:${PORT}`, '--bootstrap', `${host}:${PORT}`],
  ]);
  const [line] = await soon(
    door.running.errors(/^.*link refused: too many from this subnet.*$/m),
    'the second is refused',
  );
  t.true(line.includes(second.v4 ?? 'nobody'), line);
  for (const one of [late, guest.running, door.running]) one.kill('SIGKILL');
  const said = (await guest.running.ended).stderr.match(/^.*"msg":"link up".*$/gm) ?? [];
  t.is(said.length, 1, said.join('\n'));
});

test.serial('a link-local address with its zone leads into the network', async (t) => {
  const { dir, network, nodes } = siteOf(t) ?? {};
  if (dir === undefined || network === undefined || nodes === undefined) return;
  const [entrance] = nodes;
  if (entrance === undefined) return t.fail();
  const said = await ip('-n', entrance.host.namespace, '-6', 'addr', 'show', 'dev', 'eth0');
  const [, local = ''] = /inet6 (fe80::[0-9a-f:]+)\/64/.exec(said) ?? t.fail(said);
  const host = await network.host('local', { v4: false, v6: true });
  await command(dir, 'ca', 'issue', '--dir', 'authority', '--out', 'local');
  const args = ['-a', `[${host.v6 ?? ''}]:${PORT}`, '--bootstrap', `[${local}%eth0]:${PORT}`];
  const node = await startAt(dir, host, 'local', args);
  await soon(node.running.errors(linkUpLine(entrance)), 'a link');
  t.pass();
});

/** A node on all that its host has, joined through another one. */
async function member(
  dir: string,
  host: Host,
  name: string,
  through: Host | undefined,
  more: readonly string[] = [],
): Promise<NodeAt> {
  await command(dir, 'ca', 'issue', '--dir', 'authority', '--out', name);
  const own = host.v4 !== undefined && host.v6 !== undefined ? '::' : (host.v4 ?? host.v6 ?? '');
  const args = ['-a', formatEndpoint({ host: own, port: PORT }), ...more];
  const at = host.v4 === undefined ? through?.v6 : through?.v4;
  if (at !== undefined) args.push('--bootstrap', formatEndpoint({ host: at, port: PORT }));
  return await startAt(dir, host, name, args);
}

function siteOf(t: ExecutionContext): Site | undefined {
  t.timeout(180_000);
  return requireOrSkip(t, missing === undefined, missing ?? '') ? (site ?? t.fail()) : undefined;
}

function pairsOf(nodes: readonly NodeAt[]): readonly (readonly [NodeAt, NodeAt])[] {
  return nodes.flatMap((one) =>
    nodes.filter((other) => other !== one).map((other) => [one, other] as const),
  );
}

function share({ host: a }: NodeAt, { host: b }: NodeAt): boolean {
  return (a.v4 !== undefined && b.v4 !== undefined) || (a.v6 !== undefined && b.v6 !== undefined);
}

/** Of GETs of all: those that found nothing are made again for so long, and the last one counts. */
async function answersOf(
  node: NodeAt,
  keys: readonly string[],
  limitMs: number,
): Promise<readonly Answer[]> {
  const answers = new Map<string, Answer>();
  const missing = (): readonly string[] =>
    keys.filter((key) => answers.get(key)?.value === undefined);
  const askAgain = async (): Promise<readonly string[]> => {
    const asked = missing();
    const wishes = asked.map((key) => ({ type: 'get', key }) as const);
    for (const [index, answer] of (await ask(node, wishes)).entries()) {
      const key = asked[index] ?? '';
      // The slowest of each counts.
      const tookMs = Math.max(answer.tookMs, answers.get(key)?.tookMs ?? 0);
      answers.set(key, { ...answer, tookMs });
    }
    return missing();
  };
  await untilRight(askAgain, ({ length }) => length === 0, limitMs);
  return keys.flatMap((key) => answers.get(key) ?? []);
}

async function soon<T>(work: Promise<T>, what: string, limitMs = 20_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not within ${limitMs} ms: ${what}`));
    }, limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function newKey(): string {
  return randomBytes(32).toString('hex');
}

function timeOf(answer: Answer | undefined): string {
  return `${(answer?.tookMs ?? NaN).toFixed(0)} ms`;
}

/** An IPv4 address as two groups of an IPv6 one. */
function hexOf(v4: string): string {
  return Buffer.from(v4.split('.').map(Number))
    .toString('hex')
    .replace(/^(....)/, '$1:');
}

const PORT = 6501;
const OPERATION_MS_MAX = 12_000;
const AGAIN_MS = 20_000;
