/**
 * Processes of the built command line, for whoever looks after their end: tests (`cli/cli-kit.ts`)
 * and fleets of nodes (`deep/fleet.ts`). Waiting is always for a line, a note or an end, never for
 * a time.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  /** The first match in standard output; fails when the process ends before. */
  readonly output: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly errors: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Over its channel, if it has one. */
  readonly tell: (note: object) => void;
  readonly ended: Promise<Ending>;
  /** Its standard input takes this and ends. */
  readonly input: (bytes: Uint8Array | undefined) => void;
}

export interface Launch {
  /** For Node itself, before the command line. */
  readonly nodeArguments?: readonly string[];
  /** Open descriptors that the system lets it have, and no more on request. */
  readonly descriptors?: number | undefined;
  /** A command and its first arguments that becomes the one behind them: `ip netns exec NAME`. */
  readonly through?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What Node runs, instead of the command of this checkout. */
  readonly entry?: string;
}

/**
 * Starts the command line. With `onNote` the process has a channel to this one, tells its notes
 * there instead of printing them, and ends when this process ends, however that comes.
 */
export function startProcess(
  cwd: string,
  args: readonly string[],
  onNote?: (note: unknown) => void,
  { nodeArguments = [], descriptors, through = [], entry = ENTRY, environment }: Launch = {},
): Running {
  const stdio: ('pipe' | 'ipc')[] = ['pipe', 'pipe', 'pipe'];
  if (onNote !== undefined) stdio.push('ipc');
  const line = [...through, process.execPath, ...nodeArguments, entry, ...args];
  // The shell becomes Node: process and channel are the same.
  const limited = ['sh', '-c', `ulimit -n ${descriptors ?? 0}; exec "$0" "$@"`, ...line];
  const [program = '', ...rest] = descriptors === undefined ? line : limited;
  const child = spawn(program, rest, { cwd, stdio, env: { ...plainEnv(), ...environment } });
  const stdout = collect(child, child.stdout);
  const stderr = collect(child, child.stderr);
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout: stdout.bytes(), stderr: stderr.text() });
    });
  });
  if (onNote !== undefined) child.on('message', onNote);
  child.stdin?.on('error', () => undefined);
  return {
    pid: child.pid ?? 0,
    output: stdout.match,
    errors: stderr.match,
    kill: (signal) => child.kill(signal),
    tell: (note) => void child.send(note),
    ended,
    input: (bytes) => child.stdin?.end(bytes),
  };
}

interface Collected {
  readonly bytes: () => Buffer;
  readonly text: () => string;
  readonly match: (pattern: RegExp) => Promise<RegExpExecArray>;
}

function collect(child: ChildProcess, stream: Readable | null): Collected {
  const chunks: Buffer[] = [];
  const bytes = (): Buffer => Buffer.concat(chunks);
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const match = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(bytes().toString());
        if (found === null) return;
        stream?.off('data', look);
        resolve(found);
      };
      stream?.on('data', look);
      child.once('close', (code) => {
        reject(
          new Error(`ended with ${String(code)} before ${String(pattern)}: ${String(bytes())}`),
        );
      });
      look();
    });
  return { bytes, text: () => bytes().toString(), match };
}

/** The settings of whoever runs the tests must not change what is printed. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function plainEnv(): NodeJS.ProcessEnv {
  return { ...process.env, FORCE_COLOR: undefined, ORRERY_DEBUG: undefined, DEBUG: undefined };
}

function findRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findRoot(dirname(from));
}

/** Of this checkout. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));
const ENTRY = join(ROOT, 'cli', 'orrery.mjs');

/**
 * Runs code in a process of its own, with a module (from this folder) as `m` and arguments as `a`.
 *
 * @returns what it printed
 */
export async function inProcess(
  module: string,
  code: string,
  args: readonly string[],
): Promise<string> {
  const url = JSON.stringify(new URL(module, import.meta.url).href);
  const program = `const a = ${JSON.stringify(args)}; const m = await import(${url}); ${code}`;
  return await outputOf([process.execPath, '--input-type=module', '-e', program]);
}

/**
 * Runs a file of ours in a process of its own.
 *
 * @param flags of Node itself
 * @param through as in `Launch`
 * @returns what it printed
 */
export async function runFile(
  file: URL,
  args: readonly string[],
  flags: readonly string[] = [],
  through: readonly string[] = [],
): Promise<string> {
  return await outputOf([...through, process.execPath, ...flags, fileURLToPath(file), ...args]);
}

async function outputOf([command = '', ...rest]: readonly string[]): Promise<string> {
  const child = spawn(command, rest);
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`process ended with ${String(status)}: ${texts.err}`);
  return texts.out;
}
