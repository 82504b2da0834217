/**
 * The authority, `orrery ca` and the development authority, judged by the openssl command, which
 * shares no line with what we issue with, and by several processes at once.
 */
import test from 'ava';

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { caCommand } from '../../cli/ca/ca.ts';
import { DAY_MS } from '../../runtime/clock.ts';
import { openAuthority } from '../../runtime/identity/authority.ts';
import { developmentIdentity } from '../../runtime/identity/development.ts';
import { UsageError } from '../../runtime/failure.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import { readIndex } from '../../runtime/identity/issued.ts';
import { readRevocations } from '../../runtime/identity/revocations.ts';
import { newAuthority, newIdentity, scratch } from './identity-kit.ts';
import { inProcess } from '../processes.ts';
import { requireOrSkip } from '../require.ts';

test('openssl accepts what is issued and refuses what is revoked', async (t) => {
  const openssl = (...args: string[]): { readonly good: boolean; readonly said: string } => {
    const run = spawnSync('openssl', args, { encoding: 'utf8', timeout: 20_000 });
    return { good: run.status === 0, said: `${run.stdout}${run.stderr}` };
  };
  if (!requireOrSkip(t, openssl('version').good, 'the openssl command')) return;
  const dir = await scratch(t);
  await ca('init', '--dir', join(dir, 'ca'), '--name', 'Lab network');
  const [good, bad] = [join(dir, 'good'), join(dir, 'bad')];
  const addresses = ['--address', '192.0.2.7', '[2001:db8::7]', 'node.example'];
  await ca('issue', '--dir', join(dir, 'ca'), '--out', good, ...addresses);
  await ca('issue', '--dir', join(dir, 'ca'), '--out', bad, '--days', '7');
  const check = async (node: string): Promise<ReturnType<typeof openssl>> => {
    const trust = join(dir, 'trust.pem');
    const parts = ['authority.crt', 'revoked.crl'].map((name) => join(dir, 'ca', name));
    const texts = await Promise.all(parts.map(async (part) => await readFile(part, 'utf8')));
    await writeFile(trust, texts.join(''));
    const flags = ['-crl_check', '-x509_strict', '-purpose', 'sslclient', '-CAfile', trust];
    return openssl('verify', ...flags, join(node, 'node.crt'));
  };
  t.true((await check(good)).good, (await check(good)).said);
  t.true((await check(bad)).good);
  await ca('revoke', '--dir', join(dir, 'ca'), join(bad, 'node.crt'));
  t.true((await check(good)).good);
  t.false((await check(bad)).good);
  t.regex((await check(bad)).said, /revoked/);
  const { said } = openssl('x509', '-in', join(good, 'node.crt'), '-noout', '-text');
  t.regex(said, /URI:urn:orrery:node:[0-9a-f]{64}, IP Address:192\.0\.2\.7/);
  t.regex(said, /Signature Algorithm: ED25519/);
  const authority = openssl('x509', '-in', join(good, 'authority.crt'), '-noout', '-text');
  t.regex(authority.said, /CA:TRUE, pathlen:0/);
});

test('orrery ca: init, issue, show, revoke, refresh', async (t) => {
  const dir = await scratch(t);
  const at = ['--dir', join(dir, 'ca')];
  t.regex(await ca('init', ...at), /orrery ca issue --dir .* --out DATA_DIR/);
  for (const name of ['one', 'two']) {
    t.regex(await ca('issue', ...at, '--out', join(dir, name), '--name', name), /orrery node -a/);
  }
  const [one, two] = [join(dir, 'one'), join(dir, 'two')].map(identityPaths);
  if (one === undefined || two === undefined) throw new Error('two paths were asked for');
  const [first, second] = [await readIdentity(one), await readIdentity(two)];
  t.not(first.nodeIdHex, second.nodeIdHex);
  if (process.platform !== 'win32') {
    for (const path of [one.key, join(dir, 'ca', 'authority.key')]) {
      t.is((await stat(path)).mode & 0o777, 0o600);
    }
  }
  const told = await ca('revoke', ...at, first.nodeIdHex, '--reason', 'key-compromise');
  t.true(told.includes(first.serial) && told.includes(second.nodeIdHex));
  t.false(told.includes(first.nodeIdHex));
  t.regex(told, /at this node:\n.*\nA node that runs takes it within two seconds/);
  t.regex(await ca('revoke', ...at, first.serial), /revoked before/);
  t.regex(
    await ca('refresh', ...at, '--days', '30'),
    /List 3 with 1 entry is .* at every node\.\n/s,
  );
  const shown: unknown = JSON.parse(await ca('show', ...at, '--json'));
  t.like(shown, {
    listNumber: 3,
    certificates: [
      { id: first.nodeIdHex, subject: 'one', revoked: true, state: 'revoked (key-compromise)' },
      { id: second.nodeIdHex, subject: 'two', revoked: false, state: 'valid' },
    ],
  });
  t.regex(await ca('show', ...at), new RegExp(`${second.nodeIdHex} .* valid  two`));
  t.regex(await ca('show', two.certificate), new RegExp(`id: +${second.nodeIdHex}`));
  t.regex(await ca('show', join(dir, 'ca', 'revoked.crl')), /1 revoked\n[0-9a-f]{32} /);
});

test('orrery ca: a request keeps the key at home, a renewal keeps id and key', async (t) => {
  const dir = await scratch(t);
  const at = ['--dir', join(dir, 'ca')];
  await ca('init', ...at);
  const [node, out] = [join(dir, 'node'), join(dir, 'out')];
  const csr = join(node, 'node.csr');
  t.regex(await ca('request', '--out', node, '--name', 'far away'), /the key stays here/);
  const seen = execFileSync('openssl', ['req', '-in', csr, '-noout', '-text']);
  t.regex(seen.toString(), /CN ?= ?far away[^]*ED25519/i);
  const key = await readFile(identityPaths(node).key, 'utf8');
  await ca('issue', ...at, '--request', csr, '--out', out, '--name', 'far', '--address', '::1');
  t.deepEqual(await readdir(out), ['authority.crt', 'node.crt', 'revoked.crl']);
  for (const name of await readdir(out)) await copyFile(join(out, name), join(node, name));
  const first = await readIdentity(identityPaths(node));
  const again = await ca('renew', ...at, first.nodeIdHex, '--out', node, '--days', '20');
  t.regex(again, new RegExp(`Node ${first.nodeIdHex} \\(far\\)`));
  const second = await readIdentity(identityPaths(node));
  t.is(second.nodeIdHex, first.nodeIdHex);
  t.not(second.serial, first.serial);
  t.is(await readFile(identityPaths(node).key, 'utf8'), key);
  t.regex(await ca('show', join(node, 'node.crt')), /::1|0:0:0:0:0:0:0:1/);
  const forged = join(dir, 'forged.csr');
  const [begin, ...rest] = (await readFile(csr, 'utf8')).trim().split('\n');
  const end = rest.pop();
  const bytes = Buffer.from(rest.join(''), 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(forged, [begin, bytes.toString('base64'), end, ''].join('\n'));
  for (const [file, says] of [
    [forged, /not signed with its own key/],
    [join(node, 'node.crt'), /not a certificate request/],
    [join(dir, 'nowhere.csr'), /is missing/],
  ] as const) {
    const error = await t.throwsAsync(
      ca('issue', ...at, '--request', file, '--out', join(dir, 'other')),
      { instanceOf: UsageError },
    );
    t.regex(error.message, says);
  }
  const issued = await readIndex(join(dir, 'ca'));
  await t.throwsAsync(ca('renew', ...at, first.nodeIdHex, '--out', join(dir, 'ca')), {
    message: /the directory of an authority/,
  });
  t.deepEqual(await readIndex(join(dir, 'ca')), issued, 'nothing is signed in vain');
  await ca('revoke', ...at, first.nodeIdHex);
  await t.throwsAsync(ca('renew', ...at, first.nodeIdHex), { message: /is revoked or unknown/ });
  await t.throwsAsync(ca('request', '--out', node), { message: /exists already/ });
});

test('orrery ca: wrong use gives one line and changes nothing', async (t) => {
  const dir = await scratch(t);
  const at = ['--dir', join(dir, 'ca')];
  const wrong = async (says: RegExp, ...args: string[]): Promise<void> => {
    const error = await t.throwsAsync(ca(...args), { instanceOf: UsageError });
    t.regex(error.message, says);
    t.false(error.message.includes('\n'));
  };
  await wrong(/orrery ca init/, 'issue', ...at, '--out', join(dir, 'x'));
  await ca('init', ...at);
  const before = await readFile(join(dir, 'ca', 'authority.crt'), 'utf8');
  await wrong(/already holds an authority/, 'init', ...at);
  t.is(await readFile(join(dir, 'ca', 'authority.crt'), 'utf8'), before);
  for (const days of ['6', '366']) {
    await wrong(/7 to 365/, 'issue', ...at, '--out', join(dir, 'x'), '--days', days);
  }
  await wrong(/no address/, 'issue', ...at, '--out', join(dir, 'x'), '--address', 'a b');
  await wrong(/not usable/, 'issue', ...at, '--out', join(dir, 'x'), '--name', 'a,CN=b');
  t.deepEqual(await readIndex(join(dir, 'ca')), []);
  await ca('issue', ...at, '--out', join(dir, 'x'));
  const key = await readFile(join(dir, 'x', 'node.key'), 'utf8');
  await wrong(/exists already/, 'issue', ...at, '--out', join(dir, 'x'));
  t.is(await readFile(join(dir, 'x', 'node.key'), 'utf8'), key);
  await wrong(/no node id, serial/, 'revoke', ...at, 'ab'.repeat(32));
  await wrong(/holds a private key/, 'show', join(dir, 'x', 'node.key'));
  await newAuthority(join(dir, 'foreign'));
  const foreign = join(dir, 'foreign', 'authority.crt');
  await wrong(/no node certificate of the authority/, 'revoke', ...at, foreign);
  await rm(join(dir, 'ca', 'revoked.crl'));
  await wrong(/revocation list .* is missing/, 'refresh', ...at);
  await t.throwsAsync(ca('issue', ...at), { code: 'commander.missingMandatoryOptionValue' });
  await t.throwsAsync(ca('destroy'), { code: 'commander.unknownCommand' });
});

test('issuing and revoking in several processes at once loses nothing', async (t) => {
  const dir = await scratch(t);
  const authority = await newAuthority(join(dir, 'ca'));
  const victims = [];
  for (let n = 0; n < 4; n += 1) victims.push(await newIdentity(authority, join(dir, `v${n}`)));
  const runs = victims.flatMap(({ nodeIdHex }, n) => [
    inProcess('../cli/ca/ca.js', `await m.caCommand().parseAsync(a, { from: 'user' })`, [
      ...['issue', '--dir', authority.dir, '--out', join(dir, `new${n}`)],
    ]),
    inProcess('../cli/ca/ca.js', `await m.caCommand().parseAsync(a, { from: 'user' })`, [
      ...['revoke', '--dir', authority.dir, nodeIdHex],
    ]),
  ]);
  await Promise.all(runs);
  const index = await readIndex(authority.dir);
  t.is(new Set(index.map(({ nodeId }) => nodeId)).size, 8);
  const list = await readRevocations(authority);
  t.is(list.number, 5);
  t.deepEqual(list.entries.map(({ serial }) => serial).sort(), victims.map((v) => v.serial).sort());
  const left = (await readdir(authority.dir)).filter((name) => name.includes('lock'));
  t.deepEqual(left, []);
});

test('two processes that start together share one development authority', async (t) => {
  const dir = await scratch(t);
  const call = async (name: string): Promise<unknown> => {
    const args = [join(dir, 'authority'), join(dir, name)];
    const code = `const r = await m.developmentIdentity({ authorityDir: a[0], dataDir: a[1] });
      console.log(JSON.stringify([r.madeAuthority, r.madeCertificate, r.identity.nodeIdHex]))`;
    return JSON.parse(await inProcess('../runtime/identity/development.js', code, args));
  };
  const [one, two] = (await Promise.all([call('one'), call('two')])) as [
    boolean,
    boolean,
    string,
  ][];
  t.deepEqual([one?.[0], two?.[0]].sort(), [false, true]);
  t.deepEqual([one?.[1], two?.[1]], [true, true]);
  t.not(one?.[2], two?.[2]);
  t.deepEqual(await call('one'), [false, false, one?.[2]]);
  const copies = ['one', 'two'].map(async (name) => {
    return (await readIdentity(identityPaths(join(dir, name)))).authorityPem;
  });
  t.is(new Set(await Promise.all(copies)).size, 1);
});

test('a development certificate is replaced when it runs out, under the same id', async (t) => {
  const dir = await scratch(t);
  const options = { authorityDir: join(dir, 'authority'), dataDir: join(dir, 'node') };
  const old = await developmentIdentity({ ...options, nowMs: Date.now() - 400 * DAY_MS });
  const paths = identityPaths(options.dataDir);
  await t.throwsAsync(readIdentity(paths), { message: /expired/ });
  const renewed = await developmentIdentity(options);
  t.deepEqual([renewed.madeAuthority, renewed.madeCertificate], [false, true]);
  t.is(renewed.identity.nodeIdHex, old.identity.nodeIdHex);
  t.not(renewed.identity.serial, old.identity.serial);

  await rm(paths.key);
  const rekeyed = await developmentIdentity(options);
  t.is(rekeyed.identity.nodeIdHex, old.identity.nodeIdHex);

  await rm(options.authorityDir, { recursive: true });
  const anew = await developmentIdentity(options);
  t.true(anew.madeAuthority && anew.madeCertificate);
  t.not(anew.identity.nodeIdHex, old.identity.nodeIdHex);

  const operators = await newAuthority(join(dir, 'operators'));
  await newIdentity(operators, join(dir, 'kept'));
  const kept = { authorityDir: options.authorityDir, dataDir: join(dir, 'kept') };
  await t.throwsAsync(developmentIdentity(kept), { message: /of another authority/ });
});

test('a key without its certificate is neither opened nor overwritten', async (t) => {
  const dir = await scratch(t);
  const authority = await newAuthority(join(dir, 'ca'));
  await rm(join(dir, 'ca', 'authority.crt'));
  await t.throwsAsync(openAuthority(authority.dir), { instanceOf: UsageError });
  const error = await t.throwsAsync(ca('init', '--dir', authority.dir), { instanceOf: UsageError });
  t.regex(error.message, /exists without authority\.crt/);
});

/** What `orrery ca` prints. */
async function ca(...args: string[]): Promise<string> {
  let printed = '';
  const command = caCommand((text) => {
    printed += text;
  });
  // The parser's own complaints are under test as errors; they need not be seen.
  for (const part of [command, ...command.commands]) part.configureOutput({ writeErr: () => '' });
  await command.parseAsync(args, { from: 'user' });
  return printed;
}
