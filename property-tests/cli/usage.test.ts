// Wrong usage: one line on standard error that says what is wrong, nothing on standard output,
// exit code 2. And help, which is no fault.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { caCommand } from '../../cli/ca/ca.ts';
import { clusterCommand } from '../../cli/cluster/cluster.ts';
import { getCommand } from '../../cli/get.ts';
import { nodeCommand } from '../../cli/node.ts';
import { putCommand } from '../../cli/put.ts';
import { parseIni } from '../../cli/settings/ini.ts';
import { defaultDataDir, resolveSettings } from '../../cli/settings/settings.ts';
import type { NodeFlags } from '../../cli/settings/settings.ts';
import { simCommand } from '../../cli/sim/sim.ts';
import { startCommand } from '../../cli/start/start.ts';
import { UsageError } from '../../runtime/failure.ts';
import { developmentIdentity } from '../../runtime/identity/development.ts';
import { freePorts, isOneLine, run, scratch } from './cli-kit.ts';

const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
  [['nod'], /unknown command 'nod'.*Did you mean node/],
  [['node', '--prt', '1'], /orrery node: unknown option '--prt'.*Did you mean --port/],
  [['node', '-a', '192.0.2.7'], /192\.0\.2\.7:6501 is no address of this machine.*orrery ca init/],
  [['node', '-a', '0.0.0.0'], /no certificate in .*npx orrery ca init.*npx orrery ca issue/],
  [['node', '-a', '999.1.1.1'], /-a "999\.1\.1\.1" is no address/],
  [['node', '--config', '.'], /\. is not a file/],
  [['node', '--config', 'missing.ini'], /missing\.ini is missing/],
  [['node', '--config', 'wrong.ini'], /wrong\.ini: k in \[dht\] must be a whole number.*"many"/],
  [['node', '--quota', '5GiB'], /--quota .*KEYS,SIZE.*100000,2GiB/],
  [['cluster', '--nodes', '3', '--voters', '4'], /--voters <n>.*Give 3, 5 or 7, or 0/],
  [['status', 'here'], /the admin address.*127\.0\.0\.1:8501/],
  [['node', '--classic', '-a', '::1'], /-a ::1 is no single IPv4 address.*--advertise/],
  [['node', '--classic', '--bootstrap', '[::1]:6501'], /\[::1\]:6501 is IPv6.*IPv4 only/],
  [['node', '--classic', '--client-only'], /--client-only and --classic contradict each other/],
  [['node', '--classic', '--voters', 'x'], /no certified ids to vote for/],
  [
    ['sim', '--duration', '10s', '--snapshot', 'file', '--snapshot-at', '30s'],
    /--snapshot-at 30s is after the end, 10s/,
  ],
  [['put', 'key', ''], /the value is empty/],
  [['put', 'key', '--file', 'nowhere'], /nowhere cannot be read, there is no such file/],
  [['put', 'key', '--file', '.'], /\. cannot be read, it is a directory/],
  [['get', 'key', '--api', 'here'], /write it like 127\.0\.0\.1:7501/],
  [['get', 'key', '--hex'], /64 hex digits/],
  [['start', 'now'], /too many arguments/],
];

test('wrong usage is one line and exit code 2', async (t) => {
  const dir = await scratch(t);
  await writeFile(join(dir, 'wrong.ini'), '[dht]\nk = many\n');
  for (const [args, pattern] of WRONG) {
    const { code, stdout, stderr } = await run(t, dir, args);
    t.is(code, 2, args.join(' '));
    t.is(stdout.length, 0, args.join(' '));
    t.true(isOneLine(stderr), stderr);
    t.regex(stderr, pattern);
  }
});

test('off loopback another authority is asked for than that of loopback', async (t) => {
  const dir = await scratch(t);
  const place = join(dir, '.orrery', 'authority');
  await developmentIdentity({ authorityDir: place, dataDir: join(dir, 'one') });
  const { code, stderr } = await run(t, dir, ['node', '-a', '0.0.0.0', '--data', 'there']);
  t.is(code, 2);
  const own = join('.orrery', 'own-authority');
  t.true(stderr.includes(`"npx orrery ca init --dir ${own}" once`), stderr);
  t.true(stderr.includes(`"npx orrery ca issue --dir ${own} --out there"`), stderr);
});

test('nobody at the API: one line that says how to start a node, exit code 1', async (t) => {
  const dir = await scratch(t);
  const api = `127.0.0.1:${await freePorts(1)}`;
  for (const args of [
    ['get', 'key'],
    ['put', 'key', 'value'],
  ]) {
    const { code, stdout, stderr } = await run(t, dir, [...args, '--api', api]);
    t.is(code, 1);
    t.is(stdout.length, 0);
    t.true(isOneLine(stderr), stderr);
    t.regex(stderr, /start a node with "npx orrery node/);
  }
});

test('help and version are no faults', async (t) => {
  const dir = await scratch(t);
  for (const args of [['--help'], ['--version'], ['get', '--help']]) {
    const { code, stdout, stderr } = await run(t, dir, args);
    t.is(code, 0);
    t.is(stderr, '');
    t.true(stdout.length > 0);
  }
});

test('the help of every command has examples that begin with it', (t) => {
  const commands = [
    startCommand('1'),
    nodeCommand('0'),
    clusterCommand(),
    caCommand(),
    putCommand(),
    getCommand(),
    simCommand('1'),
  ];
  for (const command of commands) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    t.regex(help, new RegExp(`Examples?:\\n  \\$ .*orrery ${command.name()}`), command.name());
  }
});

test('an INI file gives what the section [dht] says, and only that', (t) => {
  const text = `\uFEFF; a file
[gossip]
anything = goes
[dht]
listen_address = [::1]:7000
API_Address = 127.0.0.1:9000
k = 16      ; contacts
alpha = 4
max_lookup = 3
identity = certificate
replication = 5
floor = 2
ttl = 120
ttl_max = 600
quota = 1001,3MiB
peer_quota = 7,500
`;
  const ini = parseIni(text, 'a.ini');
  t.deepEqual(ini, {
    listen: { host: '::1', port: 7000 },
    api: { host: '127.0.0.1', port: 9000 },
    k: 16,
    alpha: 4,
    maxLookup: 3,
    identity: 'certificate',
    replication: 5,
    floor: 2,
    ttl: 120,
    ttlMax: 600,
    quota: { keys: 1001, bytes: 3 * 2 ** 20 },
    publisherQuota: undefined,
    peerQuota: { keys: 7, bytes: 500 },
  });
  const settings = resolveSettings({ port: 7001, bootstrap: true, alpha: 5 }, ini);
  t.deepEqual(settings.listen, { host: '::1', port: 7001 });
  t.deepEqual(settings.api, { host: '127.0.0.1', port: 8001 });
  t.deepEqual(settings.bootstrap, ['[::1]:7000']);
  const [note = '', ...others] = settings.notes;
  t.regex(note, /port 9000, but clients are served on port 8001/);
  t.is(others.length, 0);
  t.like(settings.config, { k: 16, nearest: 16, beta: 16, alpha: 5, replication: 5 });
  t.like(settings.config, { floor: 2, ttlS: 120, ttlSMax: 600, paths: 1 });
  t.deepEqual(settings.config.publisherQuota, { keys: 501, bytes: 1.5 * 2 ** 20 });
  t.deepEqual(settings.config.peerQuota, { keys: 7, bytes: 500 });
  const given = { peerQuota: { keys: 1, bytes: 9 } };
  t.deepEqual(resolveSettings(given, ini).config.peerQuota, given.peerQuota);
});

test('a hop budget beyond the most is told', (t) => {
  const notesOf = (most: number): readonly string[] =>
    resolveSettings({}, parseIni(`[dht]\nmax_lookup = ${most}\n`, 'a.ini')).notes;
  t.deepEqual(notesOf(8), []);
  t.regex(notesOf(9).join(), /^max_lookup 9 counts as 8,/);
});

test('of the port of api_address there is a word only when the file itself is at odds', (t) => {
  const notesOf = (api: string, flags: NodeFlags): number =>
    resolveSettings(flags, parseIni(`[dht]\napi_address = ${api}\n`, 'a.ini')).notes.length;
  t.is(notesOf('127.0.0.1', {}), 0);
  t.is(notesOf('127.0.0.1:7501', {}), 0);
  t.is(notesOf('127.0.0.1:7501', { port: 6502 }), 0);
  t.is(notesOf('127.0.0.1:7502', { port: 6502 }), 0);
  t.is(notesOf('127.0.0.1:7502', {}), 1);
  t.is(notesOf('127.0.0.1:7502', { api: '127.0.0.1:9' }), 0);
});

test('a wrong INI file is named with its key', (t) => {
  for (const [text, pattern] of [
    ['', /no section \[dht\]/],
    ['k = 5', /no section \[dht\]/],
    ['[dht]\nbuckets = 5', /unknown key "buckets"/],
    ['[dht]\nk', /k in \[dht\] must be a whole number/],
    ['[dht]\nk = 0', /k in \[dht\] must be .* from 1 to 64, not "0"/],
    ['[dht]\nk = 5\nk = 6', /k stands twice in \[dht\], in lines 2 and 3/],
    ['[a]\nk = 1\n[dht]\n; k = 5\r\nK = 5\n[b]\nk = 2\n[DHT]\n k=6', /k .*lines 5 and 9/],
    ['[dht]\nalpha = 3.5', /alpha in \[dht\]/],
    ['[dht]\nttl = -1', /ttl in \[dht\]/],
    ['[dht]\nquota = 5', /quota in \[dht\] must be KEYS,SIZE.*not "5"/],
    ['[dht]\npeer_quota = 2000000,1GiB', /peer_quota in \[dht\].*at most 1000000 keys/],
    ['[dht]\nttl =', /ttl in \[dht\]/],
    ['[dht]\nlisten_address = a b', /listen_address in \[dht\]/],
    ['[dht]\nlisten_address = 1.2.3.4:99999', /listen_address in \[dht\].*port/],
    ['[dht.sub]\nk = 5', /unknown key "sub"/],
  ] as const) {
    const error = t.throws(() => parseIni(text, 'a.ini'), { instanceOf: UsageError });
    t.regex(error.message, pattern, text);
    t.true(error.message.startsWith('a.ini') && !error.message.includes('\n'));
  }
});

test('what an INI file asks for in vain is named as it stands there', (t) => {
  const text = '[dht]\nreplication = 9\nk = 4\n';
  const message = /^replication = 9 is above k = 4/;
  t.throws(() => resolveSettings({}, parseIni(text, 'a.ini')), { instanceOf: UsageError, message });
});

test('flags resolve to settings, and contradictions are named', (t) => {
  const plain = resolveSettings({});
  t.deepEqual(plain.listen, { host: '127.0.0.1', port: 6501 });
  t.deepEqual(plain.api, { host: '127.0.0.1', port: 7501 });
  t.is(plain.dataDir, join('.orrery', '127.0.0.1-6501'));
  t.like(plain.config, { k: 20, alpha: 3, replication: 8, ttlS: 3600 });
  t.deepEqual(resolveSettings({ address: '[::1]:99' }).api, { host: '::1', port: 1099 });
  t.deepEqual(resolveSettings({ address: '0.0.0.0' }).api, { host: '127.0.0.1', port: 7501 });
  t.is(resolveSettings({ port: 0 }).api.port, 0);
  t.is(resolveSettings({ k: 4 }).config.replication, 4);
  t.is(resolveSettings({ ttlMax: 60 }).config.ttlS, 60);
  t.like(resolveSettings({ ttl: 4e6, ttlMax: 4e6, paths: 4 }).config, { ttlS: 4e6, paths: 4 });
  t.is(defaultDataDir({ host: 'fe80::1%eth0', port: 1 }), join('.orrery', 'fe80__1_eth0-1'));
  const key = resolveSettings({ key: 'k', data: 'd' }).identity;
  t.is(key.key, 'k');
  t.is(key.certificate, join('d', 'node.crt'));
  const wrong: readonly (readonly [NodeFlags, RegExp])[] = [
    [{ address: '127.0.0.1:1', port: 2 }, /two ports/],
    [{ address: 'a b' }, /-a "a b"/],
    [{ port: 65_000 }, /leaves no port 66000/],
    [{ api: '127.0.0.1:6501' }, /where the node itself listens/],
    [{ bootstrap: true }, /this node itself/],
    [{ bootstrap: ['127.0.0.1'] }, /--bootstrap "127\.0\.0\.1"/],
    [{ bootstrap: ['127.0.0.1:0'] }, /port 0/],
    [{ replication: 5, k: 4 }, /--replication 5 is above k = 4/],
    [{ floor: 9 }, /--floor 9 is above the 8 replicas/],
    [{ ttl: 61, ttlMax: 60 }, /--ttl 61 is above the longest life, 60 s/],
  ];
  for (const [flags, pattern] of wrong) {
    t.throws(() => resolveSettings(flags), { instanceOf: UsageError, message: pattern });
  }
});
