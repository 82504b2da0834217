// The built command line as tests run it: real child processes in directories that go away, ended
// with the test by their ids. Waiting is always for a line or an end, never for a time.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

export { scratch } from '../identity-kit.ts';

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
  readonly ended: Promise<Ending>;
}

/** Starts the command line and leaves it running; it is killed when the test is over. */
export function launch(t: ExecutionContext, cwd: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [ENTRY, ...args], { cwd, stdio: 'pipe', env: plainEnv() });
  const stdout = collect(child, child.stdout);
  const stderr = collect(child, child.stderr);
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout: stdout.bytes(), stderr: stderr.text() });
    });
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid ?? 0,
    output: stdout.match,
    errors: stderr.match,
    kill: (signal) => child.kill(signal),
    ended,
  };
}

/** Runs the command line to its end. */
export async function run(
  t: ExecutionContext,
  cwd: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<Ending> {
  const child = spawn(process.execPath, [ENTRY, ...args], { cwd, stdio: 'pipe', env: plainEnv() });
  t.teardown(() => child.kill('SIGKILL'));
  const stdout = collect(child, child.stdout);
  const stderr = collect(child, child.stderr);
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout: stdout.bytes(), stderr: stderr.text() });
    });
  });
}

export interface NodeProcess extends Running {
  readonly id: string;
  readonly listen: string;
  readonly api: string;
}

/** A node with ports that the system chooses, once it has joined. */
export async function node(
  t: ExecutionContext,
  cwd: string,
  name: string,
  ...args: string[]
): Promise<NodeProcess> {
  const running = launch(t, cwd, 'node', '-p', '0', '--data', name, ...args);
  const [, id = '', listen = '', api = ''] = await running.output(
    /ready: node ([0-9a-f]{64}) listens on (\S+), clients on (\S+), joined/,
  );
  return { ...running, id, listen, api };
}

/** One line, whatever it says: what docs/operations.md promises for wrong usage. */
export function isOneLine(text: string): boolean {
  return /^[^\n]+\n$/.test(text);
}

/** The first of `count` ports that are free, with those a thousand higher; high and at random. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    // Below the ports that the system itself chooses from.
    const base = randomInt(12_000, 30_000);
    const ports = Array.from({ length: count }, (_, index) => [base + index, base + index + 1000]);
    const free = await Promise.all(ports.flat().map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free ports found');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

interface Collected {
  readonly bytes: () => Buffer;
  readonly text: () => string;
  readonly match: (pattern: RegExp) => Promise<RegExpExecArray>;
}

function collect(child: ChildProcess, stream: NodeJS.ReadableStream): Collected {
  const chunks: Buffer[] = [];
  const bytes = (): Buffer => Buffer.concat(chunks);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const match = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(bytes().toString());
        if (found === null) return;
        stream.off('data', look);
        resolve(found);
      };
      stream.on('data', look);
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
function plainEnv(): NodeJS.ProcessEnv {
  return { ...process.env, FORCE_COLOR: undefined, ORRERY_DEBUG: undefined, DEBUG: undefined };
}

function findRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findRoot(dirname(from));
}

const ENTRY = join(findRoot(dirname(fileURLToPath(import.meta.url))), 'cli', 'orrery.mjs');
