// `npm pack` gives a package that works in an empty folder: its examples, its command, its types.
// The steps of one installation, one after another.
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { ROOT, startProcess } from '../processes.ts';
import { requireOrSkip } from '../require.ts';
import { untilRight } from '../runtime/node-kit.ts';
import { CONSUMER, consumerConfig, CORE_CONSUMER } from './package-kit.ts';
import { installIn, installPackage, listingOf, runIn } from './package-kit.ts';
import type { Ended, Installed } from './package-kit.ts';

const scratch: { dir?: string; installed?: Installed | undefined; listing?: readonly string[] } =
  {};

test.before(async () => {
  scratch.dir = await mkdtemp(join(tmpdir(), 'orrery-package-'));
  scratch.installed = await installPackage(scratch.dir);
  if (scratch.installed === undefined) return;
  const { app, home } = scratch.installed;
  scratch.listing = await listingOf(home);
  for (const name of await readdir(join(home, 'examples'))) {
    await copyFile(join(home, 'examples', name), join(app, name));
  }
});

test.after.always(async () => {
  if (scratch.dir !== undefined) await rm(scratch.dir, { recursive: true });
});

/** The installed package; nothing when the test has been settled. */
function installed(t: ExecutionContext): Installed | undefined {
  const { installed: found } = scratch;
  return requireOrSkip(t, found !== undefined, 'the npm registry, or its cache')
    ? found
    : undefined;
}

test.serial('packed is what runs, its types and its documents, and nothing else', (t) => {
  const found = installed(t);
  if (found === undefined) return;
  const kinds = new Set(found.packed.map((path) => path.replace(/[^/]*(?=\.[a-z]+$)/, '')));
  const strange = [...kinds].filter((kind) => !KINDS.test(kind));
  t.deepEqual(strange, []);
  const present = [
    'LICENSE',
    'dist/library/index.d.ts',
    'docs/embedding.md',
    'scenarios/churn.yaml',
  ];
  for (const path of present) t.true(found.packed.includes(path), path);
});

test.serial('every package that the code imports is a dependency', async (t) => {
  const found = installed(t);
  if (found === undefined) return;
  const manifest = JSON.parse(await readFile(join(found.home, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const imported = new Set<string>();
  for (const path of found.packed.filter((each) => /\.m?js$/.test(each))) {
    const text = await readFile(join(found.home, path), 'utf8');
    for (const [, name = ''] of text.matchAll(IMPORTED)) imported.add(name);
  }
  t.true(imported.has('classic-level'));
  const missing = [...imported].filter(
    (name) => !(name in manifest.dependencies) && !builtinModules.includes(name),
  );
  t.deepEqual(missing, ['orrery']);
});

test.serial('a strict program in TypeScript compiles, and the examples with it', async (t) => {
  const found = installed(t);
  if (found === undefined) return;
  const { app } = found;
  const examples = (await readdir(join(found.home, 'examples'))).filter((each) =>
    /mjs$/.test(each),
  );
  t.true(examples.length >= 4);
  await writeFile(join(app, 'consumer.ts'), CONSUMER);
  await writeFile(join(app, 'core-consumer.ts'), CORE_CONSUMER);
  const whole = consumerConfig(['node'], ['consumer.ts', ...examples]);
  const coreAlone = consumerConfig([], ['core-consumer.ts']);
  for (const config of [whole, coreAlone]) {
    await writeFile(join(app, 'tsconfig.json'), config);
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { out } = await runIn(app, process.execPath, [tsc, '-p', app]);
    t.is(out, '');
  }
});

test.serial('the examples run', async (t) => {
  const found = installed(t);
  if (found === undefined) return;
  const run = (name: string): Promise<Ended> => runIn(found.app, process.execPath, [name]);
  const node = await untilRight(() => run('node.mjs'), isSpread, 60_000);
  t.like(node, { code: 0, err: '' });
  t.regex(node.out, /second joined with 1 contacts\n2 of 2 replicas .*\nhello\n/);
  t.regex(node.out, /first has lost all contacts[^]*first stopped/);
  const core = await run('core.mjs');
  t.like(core, { code: 0, err: '' });
  t.regex(core.out, /ended joined\n.*ended stored\n.*ended found\n/);
  const simulation = await run('simulation.mjs');
  t.is(simulation.code, 0);
  t.regex(simulation.out, /\ndigest [0-9a-f]{64}\nthe same again\nloss: 'often' is no share/);
});

test.serial('npm without packages is no fault of ours, and a broken package is', async (t) => {
  const found = installed(t);
  if (found === undefined || scratch.dir === undefined) return;
  const at = (name: string): string => join(scratch.dir ?? '', name);
  const nowhere = ['--offline', '--cache', at('empty')];
  t.false(await installIn(at('alone'), found.tarball, nowhere));
  const whole = await readFile(found.tarball);
  await writeFile(at('broken.tgz'), whole.subarray(0, whole.length / 2));
  const broken = installIn(at('broken'), at('broken.tgz'), ['--offline']);
  await t.throwsAsync(broken, { message: /^npm install: [^]*npm (?:error|ERR!) code \w/ });
});

test.serial('the command runs', async (t) => {
  const found = installed(t);
  if (found === undefined) return;
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  t.like(await runIn(found.app, 'npx', ['orrery', '--version']), { code: 0, out: `${version}\n` });
  const scenario = join('node_modules', 'orrery', 'scenarios', 'churn.yaml');
  const small = ['--nodes', '100', '--lookups', '50', '--duration', '1m', '--json'];
  const sim = await runIn(found.app, 'npx', ['orrery', 'sim', scenario, ...small]);
  t.is(sim.code, 0, sim.err);
  t.regex(sim.out, /"digest": "[0-9a-f]{64}"/);
});

test.serial('its nodes serve its client, and the package stays as it was installed', async (t) => {
  const found = installed(t);
  if (found === undefined) return;
  const entry = join(found.home, 'cli', 'orrery.mjs');
  const apis: string[] = [];
  const more: string[] = [];
  for (const name of ['one', 'two']) {
    const args = ['node', '-p', '0', '--data', name, ...more];
    const running = startProcess(found.app, args, undefined, { entry });
    t.teardown(async () => {
      running.kill('SIGKILL');
      await running.ended;
    });
    const [, listen = '', api = ''] = await running.output(
      /listens on (\S+), clients on (\S+), joined/,
    );
    apis.push(api);
    more.push('--bootstrap', listen);
  }
  const example = ['client.mjs', ...apis];
  const run = (): Promise<Ended> => runIn(found.app, process.execPath, example);
  const client = await untilRight(run, isSpread, 60_000);
  t.like(client, { code: 0, err: '' });
  t.is(client.out, '2 of 2 replicas have it on their disk\nblue\n100 of 100 found\n');
  t.deepEqual(await listingOf(found.home), scratch.listing);
});

/** Whether the example has not put at one node alone, as the other was too late for it. */
function isSpread({ out }: Ended): boolean {
  return !/^1 of /m.test(out);
}

/** Paths with the names of files left out. */
const KINDS = new RegExp(
  [
    /^(?:LICENSE|\.json|\.md|cli\/\.mjs|examples\/\.mjs)$/,
    /^dist\/(?:src|host|sim|runtime|real|library)\/(?:[\w-]+\/)*\.(?:js|ts)$/,
    /^dist\/cli\/(?:[\w-]+\/)*\.js$/,
    /^docs\/(?:[\w-]+\/)*\.md$/,
    /^scenarios\/(?:sweeps\/)?\.(?:yaml|json)$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
/** The name of a package in an import, as compilers write them; parts of it follow a slash. */
const IMPORTED =
  /(?:\bfrom\s*|\bimport\s*\(?\s*)['"](?:node:)?((?:@[\w-]+\/)?[a-z][\w.-]*)(?:\/[\w./-]+)?['"]/g;
