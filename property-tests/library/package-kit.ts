// The package as a stranger gets it: packed, and installed in an empty folder without the tools of
// development. Commands run there with the settings of whoever runs the tests left out.
import { spawn } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../processes.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Installed {
  /** The folder of somebody's program. */
  readonly app: string;
  /** The package in it. */
  readonly home: string;
  readonly tarball: string;
  /** What was packed, as npm tells it. */
  readonly packed: readonly string[];
}

/**
 * @returns nothing when npm cannot get the packages that ours needs
 * @throws Error what npm says when ours cannot be packed or installed
 */
export async function installPackage(dir: string): Promise<Installed | undefined> {
  // Without the build that packing begins with: it would replace the files that run just now.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', dir];
  const { code, out, err } = await runIn(ROOT, 'npm', pack);
  if (code !== 0) throw new Error(`npm pack: ${err}`);
  const [{ filename, files } = { filename: '', files: [] }] = JSON.parse(out) as readonly Packed[];
  const app = join(dir, 'app');
  const tarball = join(dir, filename);
  if (!(await installIn(app, tarball, ['--prefer-offline']))) return undefined;
  const home = join(app, 'node_modules', 'orrery');
  return { app, home, tarball, packed: files.map(({ path }) => path) };
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/**
 * As docs/embedding.md has it, in a folder that is made for it; flags say no more than where npm
 * looks for packages.
 *
 * @returns whether it is there; not when the network, or the cache, does not give what it needs
 * @throws Error what npm says when that is not why
 */
export async function installIn(
  app: string,
  tarball: string,
  flags: readonly string[],
): Promise<boolean> {
  await mkdir(app);
  await writeFile(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const quiet = ['--no-audit', '--no-fund'];
  const { code, err } = await runIn(app, 'npm', ['install', ...flags, ...quiet, tarball]);
  if (code === 0) return true;
  if (UNREACHED.test(err)) return false;
  throw new Error(`npm install: ${err}`);
}

/** How npm says that neither the registry nor its cache gives it a package. */
const UNREACHED = new RegExp(
  '^npm (?:error|ERR!) code (?:ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENOTCACHED)$',
  'm',
);

export async function runIn(cwd: string, command: string, args: readonly string[]): Promise<Ended> {
  const isNpms = ([name]: [string, unknown]): boolean => /^(?:npm_|INIT_CWD$)/i.test(name);
  const env = Object.fromEntries(Object.entries(process.env).filter((one) => !isNpms(one)));
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, ...texts };
}

/** A line for each file of a folder, which changes when the file does. */
export async function listingOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const lines = names.map(async (name) => {
    const { size, mtimeMs } = await stat(join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(lines)).sort();
}

/** A program in TypeScript that uses the package; a line after `@ts-expect-error` must be wrong. */
export const CONSUMER = `
import { Client, developmentIdentity, PutError, startNode, UnknownOutcomeError } from 'orrery';
import type { OrreryNode, PutReceipt } from 'orrery';
import { simulate } from 'orrery/sim';
import type { SimResult } from 'orrery/sim';

const identity = await developmentIdentity({ authorityDir: 'authority', dataDir: 'node' });
const node: OrreryNode = await startNode({ listen: '127.0.0.1:0', dataDir: 'node', identity });
node.on('joined', (contacts) => contacts.toFixed());
node.on('warning', ({ message, level }) => message + level);
node.on('stopped', (fault) => fault?.message);
// @ts-expect-error no such event
node.on('nothing', () => undefined);
// @ts-expect-error not public
export const directory = node.directory;
export const receipt: PutReceipt = await node.put('a', new Uint8Array(3), { ttlS: 3 });
export const value: Uint8Array | undefined = await node.get('a');

await using client = new Client({ nodes: ['127.0.0.1:7501'], connections: 2, timeoutMs: 1000 });
try {
  await client.put('a', 'b', { retry: true, signal: AbortSignal.timeout(3) });
} catch (error) {
  if (error instanceof PutError) {
    const reason: string = error.reason;
    // @ts-expect-error no such reason
    if (error.reason === 'good') throw new Error(reason);
  }
  if (error instanceof UnknownOutcomeError) error.message.trim();
}
export const result: SimResult = await simulate(
  { nodes: 10, faults: [{ type: 'loss', at: '1m', for: '1m', share: 0.1 }] },
  { onProgress: ({ events }) => events.toFixed() },
);
// @ts-expect-error no such setting
await simulate({ nods: 10 });
`;

/** A program that has nothing of Node. */
export const CORE_CONSUMER = `
import { create, defaultConfig, step } from 'orrery/core';
import type { Directory, Effect, Moment } from 'orrery/core';

const moment: Moment = { now: 1, wall: 1, entropy: 1 };
const peers: Directory = { words: new Int32Array(8), places: new Int32Array(1) };
const state = create(0, defaultConfig, moment, { records: [], peers: [] });
export const effects: readonly Effect[] = step(state, moment, { type: 'wake' }, peers).effects;
// @ts-expect-error there is no Node here
export const home = process.env;
`;

/** As strict as the compiler can be, and it looks into the declarations of packages too. */
export function consumerConfig(types: readonly string[], files: readonly string[]): string {
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    allowJs: true,
    checkJs: true,
    maxNodeModuleJsDepth: 0,
    noEmit: true,
    types,
    typeRoots: [join(ROOT, 'node_modules', '@types')],
  };
  return JSON.stringify({ compilerOptions, files });
}
