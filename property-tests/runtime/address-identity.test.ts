// Identity by address: which certificates make a member, which files do not fit, and what a claim
// of an address is worth, with certificates made by openssl and peers that the test plays itself.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { DAY_MS } from '../../runtime/clock.ts';
import { UsageError } from '../../runtime/failure.ts';
import { readAddressIdentity } from '../../runtime/identity/address-identity.ts';
import { identityPaths } from '../../runtime/identity/identity.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { Dialer } from '../../runtime/links/dialer.ts';
import { startNode } from '../../runtime/node.ts';
import { certify, HOST, newShared } from '../interop/interop-kit.ts';
import type { Shared } from '../interop/interop-kit.ts';
import { ANY_KEY, firstAnswer, goodAnswers, identityOf } from '../interop/older-peer.ts';
import { ourNode, pathsOf, pingOf, played } from '../interop/older-peer.ts';
import { keptFor } from '../cli/cli-kit.ts';
import { freePorts } from '../ports.ts';
import { startProcess } from '../processes.ts';
import { ANY_PORT, clientOf, eventually, identityAt, newKey, newSite } from './node-kit.ts';
import { nodeAt } from './node-kit.ts';

const run = promisify(execFile);

/** Keys of certificates of the shared authority, and whether each makes a member. */
const KEYS = [
  ['rsa2048', 'rsa:2048', true],
  ['ed25519', 'ed25519', true],
  ['rsa1024', 'rsa:1024', false],
  ['p256', 'ec:p256.pem', false],
] as const;

test('members have a key of RSA from 2048 bits or Ed25519, of our authority', async (t) => {
  t.timeout(60_000);
  const shared = await withKeys(t);
  const other = await newShared(t, 1);
  await certify(other, 'stranger', 'ed25519');
  await certify(shared, 'node', 'ed25519');
  const node = await ourNode(t, shared, 'node', shared.port);
  const members = [
    ...KEYS.map(([name, , isMember]) => ({ of: shared, name, isMember })),
    { of: other, name: 'stranger', isMember: false },
  ];
  const { stdout } = await run('openssl', ['x509', '-in', 'rsa2048.crt', '-noout', '-text'], {
    cwd: shared.dir,
  });
  t.regex(stdout, /Version: 1 /, 'a bare one');
  const dialler = new Dialer(new LiveIdentity(await identityOf(shared, 'node', shared.port)));
  for (const [index, { of, name, isMember }] of members.entries()) {
    t.is(await isAnswered(of, name, node.listen.port), isMember, `${name} visits`);
    const port = shared.port + 1 + index;
    const there = await played(t, of, name, port, goodAnswers(port));
    const reason = await dialler.dial([{ host: HOST, port }], (socket) => {
      socket.destroy();
      return undefined;
    });
    t.is(reason === undefined, isMember, `${name} is dialled: ${reason ?? 'taken'}`);
    await there.close();
  }
  t.is((await node.put(newKey(), Uint8Array.of(1))).status, 'good');
});

test('a revocation list that is there counts, for who comes and who is there', async (t) => {
  t.timeout(60_000);
  const shared = await newShared(t, 3);
  for (const name of ['node', 'good', 'bad']) await certify(shared, name, 'ed25519');
  const node = await ourNode(t, shared, 'node', shared.port);
  const bootstrap = [formatEndpoint(node.listen)];
  const bad = await ourNode(t, shared, 'bad', shared.port + 1, { bootstrap });
  t.is((await bad.joined).type, 'joined');
  t.true(await isAnswered(shared, 'bad', node.listen.port));
  await eventually(t, 'a link', () => node.status().links > 0);
  await revoke(shared, 'bad');
  node.replaceIdentity(await identityOf(shared, 'node', shared.port));
  t.is(node.status().links, 0, 'its links are closed');
  t.false(await isAnswered(shared, 'bad', node.listen.port));
  t.true(await isAnswered(shared, 'good', node.listen.port));
  const own = await t.throwsAsync(identityOf(shared, 'bad', shared.port), {
    instanceOf: UsageError,
    message: /bad\.crt has been revoked/,
  });
  t.false(own.message.includes('\n'));
});

test('files that do not fit are one clear line', async (t) => {
  t.timeout(60_000);
  const shared = await withKeys(t);
  const other = await newShared(t, 1);
  await certify(other, 'stranger', 'ed25519');
  const good = pathsOf(shared, 'rsa2048');
  const stranger = pathsOf(other, 'stranger');
  const garbage = join(shared.dir, 'garbage');
  await writeFile(garbage, 'no PEM at all\n');
  const at = { host: HOST, port: shared.port };
  const later = Date.now() + 10 * DAY_MS;
  const nowMs = Date.now();
  const wrong = [
    [{ key: pathsOf(shared, 'ed25519').key }, /is not the key of .*rsa2048\.crt/],
    [{ certificate: stranger.certificate }, /stranger\.crt was not signed by/],
    [{ authority: stranger.authority }, /rsa2048\.crt was not signed by/],
    [pathsOf(shared, 'rsa1024'), /RSA key has 1024 bits, not 2048 to 4096/],
    [pathsOf(shared, 'p256'), /its key is ec, not RSA or Ed25519/],
    [{ key: garbage }, /garbage does not hold a private key/],
    [{ certificate: garbage }, /garbage does not hold one certificate/],
    [{ authority: join(shared.dir, 'none') }, /none/],
    [{ revoked: garbage }, /garbage is not usable, it is not a revocation list/],
    [{}, /ca\.crt is valid from .* not now/, later],
  ] as const;
  for (const [changes, message, when = nowMs] of wrong) {
    const error = await t.throwsAsync(readAddressIdentity({ ...good, ...changes }, at, when), {
      instanceOf: UsageError,
      message,
    });
    t.false(error.message.includes('\n'), error.message);
  }
  t.is((await readAddressIdentity(good, at)).mode, 'address');
});

test('nodes of either mode do not link, and both go on', async (t) => {
  const site = await newSite(t);
  const certified = await nodeAt(t, site, 'certified');
  await identityAt(site, 'addressed');
  const paths = identityPaths(join(site.dir, 'addressed'));
  const shared: Shared = { dir: site.dir, port: 0 };
  // The very port is what makes the id: one that is free now.
  const port = await freePorts(1);
  const reasons: string[] = [];
  const note = (fields: { readonly reason?: unknown }): void => {
    reasons.push(String(fields.reason));
  };
  const log = { debug: note, info: () => undefined, warn: note, error: note };
  const identity = await readAddressIdentity(paths, { host: HOST, port });
  const bootstrap = [formatEndpoint(certified.listen)];
  const addressed = await ourNode(t, shared, 'addressed', port, { identity, bootstrap, log });
  // And the other way round: the certified one dials.
  const second = await nodeAt(t, site, 'second', { bootstrap: [formatEndpoint(addressed.listen)] });
  await eventually(t, 'a goodbye', () => reasons.some((text) => /identity/.test(text)));
  for (const node of [certified, addressed, second]) {
    t.is(node.status().contacts, 0);
    const client = await clientOf(t, node);
    const key = newKey();
    await client.put(key, Uint8Array.of(3));
    t.deepEqual(await client.get(key), Uint8Array.of(3));
  }
});

test('what has no IPv4 address of its own is refused at the start', async (t) => {
  const shared = await newShared(t, 1);
  await certify(shared, 'node', 'ed25519');
  const identity = await identityOf(shared, 'node', shared.port);
  const dataDir = join(shared.dir, 'data');
  const listen = { host: HOST, port: shared.port };
  for (const changes of [
    { listen: { host: '::1', port: shared.port } },
    { listen: { host: '0.0.0.0', port: shared.port } },
    { listen: ANY_PORT },
    { advertise: [] },
    { advertise: [{ family: 6, ip: new Uint8Array(16).fill(1), port: 1 } as const] },
  ]) {
    await t.throwsAsync(startNode({ listen, dataDir, identity, ...changes }), {
      instanceOf: UsageError,
      message: /one IPv4 address and the id of it/,
    });
  }
  const words = ['node', '--classic', '-p', `${shared.port}`, '--data', dataDir];
  for (const [more, pattern] of [
    [['-a', '::1'], /-a ::1 is no single IPv4 address/],
    [['-a', '0.0.0.0'], /-a 0\.0\.0\.0 is no single IPv4 address/],
    [['--client-only'], /contradict each other/],
    [['--advertise', '[::1]:6501'], /must be one IPv4 address/],
    [['--advertise', '127.0.0.1:1', '127.0.0.1:2'], /must be one IPv4 address/],
  ] as const) {
    const { code, stderr } = await keptFor(t, startProcess(shared.dir, [...words, ...more])).ended;
    t.is(code, 2, more.join(' '));
    t.regex(stderr, pattern);
  }
  // Nothing that was begun is left: it starts on the same port and the same data.
  const node = await startNode({ listen, dataDir, identity });
  await node.close();
});

/** An authority and a certificate of each kind, as openssl makes them without further words. */
async function withKeys(t: ExecutionContext): Promise<Shared> {
  const shared = await newShared(t, 1 + KEYS.length + 1);
  const curve = ['ecparam', '-name', 'prime256v1', '-out', 'p256.pem'];
  await run('openssl', curve, { cwd: shared.dir });
  for (const [name, key] of KEYS) await certify(shared, name, key);
  return shared;
}

async function revoke({ dir }: Shared, name: string): Promise<void> {
  const settings = ['[ca]', 'default_ca = it', '[it]', 'database = index.txt'];
  settings.push('crlnumber = number', 'default_md = sha256');
  await writeFile(join(dir, 'ca.cnf'), `${settings.join('\n')}\n`);
  await writeFile(join(dir, 'index.txt'), '');
  await writeFile(join(dir, 'number'), '01\n');
  const by = ['ca', '-config', 'ca.cnf', '-keyfile', 'ca.key', '-cert', 'ca.crt'];
  await run('openssl', [...by, '-revoke', `${name}.crt`], { cwd: dir });
  await run('openssl', [...by, '-gencrl', '-crldays', '2', '-out', 'list.crl'], { cwd: dir });
}

/** Whether a PING of whoever shows this certificate is answered. */
async function isAnswered({ dir }: Shared, name: string, port: number): Promise<boolean> {
  const read = (file: string): Promise<Buffer> => readFile(join(dir, file));
  const [cert, key] = [await read(`${name}.crt`), await read(`${name}.key`)];
  const socket = connect({
    ...{ host: HOST, port, cert, key, ciphers: ANY_KEY, rejectUnauthorized: false },
  });
  socket.on('error', () => undefined);
  const answer = firstAnswer(socket);
  socket.write(pingOf(1));
  const message = await answer;
  socket.destroy();
  return message?.type === 'pong';
}
