// What is in deploy/: the unit is judged by systemd's own programs, the Dockerfile by a linter, the
// compose file by its rules, and the commands in all three are started as real nodes.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { keptFor, scratch } from './cli/cli-kit.ts';
import { startProcess } from './processes.ts';
import { requireOrSkip } from './require.ts';
import { commandOf, UNIT, unitCommand } from './unit.ts';

const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const ANALYZE = '/usr/bin/systemd-analyze';
const execute = promisify(execFile);

test('the unit is sound, and hardly exposed', async (t) => {
  if (!requireOrSkip(t, existsSync(ANALYZE), 'systemd-analyze')) return;
  const verified = await execute(ANALYZE, ['verify', UNIT]);
  t.is(verified.stdout + verified.stderr, '');
  const { stdout } = await execute(ANALYZE, ['security', '--offline=true', '--no-pager', UNIT]);
  const [, score] = /exposure level for orrery\.service: (\d+\.\d)/.exec(stdout) ?? [];
  t.true(Number(score) <= 1.5, `exposure ${score ?? 'unknown'}`);
});

test('the unit gives a node time to stop and leaves V8 its compiler', async (t) => {
  const text = await readFile(UNIT, 'utf8');
  const settings = new Map(text.split('\n').map((line) => [line.split('=', 1)[0], line]));
  t.regex(settings.get('TimeoutStopSec') ?? '', /=(1[1-9]|[2-9]\d)$/);
  t.is(settings.get('KillSignal'), 'KillSignal=SIGTERM');
  t.false(settings.has('MemoryDenyWriteExecute'));
  const { nodeArguments, entry, args, environment } = await unitCommand();
  t.is(entry, ENTRY);
  t.deepEqual(Object.keys(environment), ['MALLOC_ARENA_MAX']);
  const [, more = ''] = /^Environment="ORRERY_ARGS=(.*)"$/m.exec(text) ?? [];
  const given = args.filter((one) => one !== '$ORRERY_ARGS');
  await starts(t, [...given, ...more.split(' ')], nodeArguments);
});

test('the unit starts a node again after any failure, for as long as it takes', async (t) => {
  const lines = (await readFile(UNIT, 'utf8')).split('\n');
  t.true(lines.includes('Restart=on-failure'));
  t.true(lines.includes('StartLimitIntervalSec=0'));
  t.is(
    lines.find((line) => /^RestartPrevent/.test(line)),
    undefined,
  );
  const [, seconds] = lines.map((line) => /^RestartSec=(\d+)$/.exec(line)).find(Boolean) ?? [];
  t.true(Number(seconds) >= 5 && Number(seconds) <= 30, seconds);
});

test('the Dockerfile is lint-free, pinned, without root, and its commands work', async (t) => {
  const text = await readFile(join(DEPLOY, 'Dockerfile'), 'utf8');
  t.deepEqual(validate(text), []);
  t.true(validate('FROM node\nRUNN x').length > 0);
  const file = DockerfileParser.parse(text);
  const [argument] = file.getInitialARGs();
  t.regex(argument?.getRawArgumentsContent() ?? '', /^NODE_VERSION=\d+\.\d+\.\d+$/);
  const images = file.getFROMs().map((from) => from.getImage());
  t.deepEqual(images, Array(2).fill('node:${NODE_VERSION}-bookworm-slim'));
  // Only from the lock file, and without scripts.
  t.notRegex(text, /npm (?:i|install|add) /);
  for (const [line] of text.matchAll(/npm ci.*/g)) t.regex(line, /--ignore-scripts/);
  const of = (keyword: string): string =>
    file
      .getInstructions()
      .filter((one) => one.getKeyword() === keyword)
      .at(-1)
      ?.getRawArgumentsContent() ?? '';
  t.is(of('USER'), 'node');
  t.is(of('STOPSIGNAL'), 'SIGTERM');
  t.is(of('ADD'), '');
  t.deepEqual(JSON.parse(of('VOLUME')), ['/data']);
  const [node, ...words] = JSON.parse(of('ENTRYPOINT')) as string[];
  const { nodeArguments, entry, args } = commandOf(words);
  t.deepEqual([node, entry, args], ['node', ENTRY, []]);
  t.deepEqual(nodeArguments, (await unitCommand()).nodeArguments, 'as the unit');
  for (const [name, value] of Object.entries((await unitCommand()).environment)) {
    t.true(of('ENV').split(' ').includes(`${name}=${value}`), name);
  }
  const admin = await starts(t, JSON.parse(of('CMD')) as string[], nodeArguments);
  // The check of its health: against that node, and against nobody.
  const [, check = ''] = /CMD (\[.*\])$/s.exec(of('HEALTHCHECK')) ?? [];
  const [, ...command] = JSON.parse(check) as string[];
  const asked = (at: string): string[] => command.map((one) => one.replace('127.0.0.1:8501', at));
  await t.notThrowsAsync(execute(process.execPath, asked(admin)));
  await t.throwsAsync(execute(process.execPath, asked('127.0.0.1:1')), undefined, 'nobody there');
});

test('the compose file keeps its nodes in, and gives them time to stop', async (t) => {
  const text = await readFile(join(DEPLOY, 'compose.yaml'), 'utf8');
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
  t.deepEqual(Object.keys(services), ['node-1', 'node-2', 'node-3']);
  const dirs = new Set<string>();
  for (const [name, service] of Object.entries(services)) {
    const { read_only, cap_drop, security_opt, privileged, stop_signal } = service;
    t.deepEqual({ read_only, cap_drop, privileged }, HELD, name);
    t.deepEqual(security_opt, ['no-new-privileges:true']);
    t.is(stop_signal, 'SIGTERM');
    t.is(service.restart, 'unless-stopped');
    t.true(Number.parseInt(service.stop_grace_period, 10) > 10);
    t.regex(service.user, /^\$\{ORRERY_UID:-[1-9]\d*\}:/);
    t.true(existsSync(join(DEPLOY, service.build.context, service.build.dockerfile)));
    for (const port of service.ports) t.true(port.startsWith('127.0.0.1:'));
    t.deepEqual(service.volumes, [`./network/${name}:/data`]);
    dirs.add(service.volumes.join());
    // Itself it would dial for ever.
    const others = ['node-1', 'node-2', 'node-3'].filter((other) => other !== name);
    t.deepEqual(service.command, ['--bootstrap', ...others.map((other) => `${other}:6501`)]);
  }
  t.is(dirs.size, 3);
  // The names of the other nodes mean nothing here.
  const [node, ...words] = services['node-1']?.entrypoint ?? [];
  const { nodeArguments, entry, args } = commandOf(words);
  t.deepEqual([node, entry], ['node', ENTRY]);
  const unit = await unitCommand();
  t.deepEqual(nodeArguments, unit.nodeArguments, 'as the unit');
  t.deepEqual(services['node-1']?.environment, unit.environment);
  await starts(t, args, nodeArguments);
});

interface Service {
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly privileged?: boolean;
  readonly stop_signal: string;
  readonly restart: string;
  readonly stop_grace_period: string;
  readonly user: string;
  readonly build: { readonly context: string; readonly dockerfile: string };
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly entrypoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

const ENTRY = '/opt/orrery/cli/orrery.mjs';
const ANYWHERE = '127.0.0.1:0';
const HELD = { read_only: true, cap_drop: ['ALL'], privileged: undefined };

/** Starts a node with these arguments, but in a directory and on ports of this test. */
async function starts(
  t: ExecutionContext,
  args: readonly string[],
  nodeArguments: readonly string[] = [],
): Promise<string> {
  const dir = await scratch(t);
  const moved = args.map((one, at) =>
    one
      .replace(/^(--data=)?(\/data|\$\{STATE_DIRECTORY\})$/, `$1${join(dir, 'data')}`)
      .replace(/(?:0\.0\.0\.0|127\.0\.0\.1):\d+/, '127.0.0.1:0')
      .replace(/^--admin$/, args[at + 1]?.startsWith('-') === true ? `$&=${ANYWHERE}` : '$&'),
  );
  const running = keptFor(t, startProcess(dir, moved, undefined, { nodeArguments }));
  const [, admin = ''] = await running.output(/ready: .*admin on http:\/\/([^,]+), joined/);
  return admin;
}
