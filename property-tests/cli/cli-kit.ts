// The built command line as tests run it: real child processes in directories that go away, ended
// with the test by their ids.
import type { ExecutionContext } from 'ava';
import { startProcess } from '../processes.ts';
import type { Ending, Running } from '../processes.ts';

export { scratch } from '../certificates/identity-kit.ts';
export { freePorts } from '../ports.ts';
export type { Running } from '../processes.ts';

/** Starts the command line and leaves it running; it is killed when the test is over. */
export function launch(t: ExecutionContext, cwd: string, ...args: string[]): Running {
  return keptFor(t, startProcess(cwd, args));
}

/** A process that is killed when the test is over. */
export function keptFor(t: ExecutionContext, running: Running): Running {
  t.teardown(async () => {
    running.kill('SIGKILL');
    await running.ended;
  });
  return running;
}

/** Runs the command line to its end. */
export async function run(
  t: ExecutionContext,
  cwd: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<Ending> {
  const running = launch(t, cwd, ...args);
  running.input(input);
  return await running.ended;
}

/**
 * Runs a command until it prints what it should, five times at most: whoever is late, on a busy
 * machine, is rightly left out of what one PUT or GET tells.
 */
export async function runUntil(
  t: ExecutionContext,
  cwd: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<Ending> {
  const isGood = ({ stdout }: Ending): boolean => pattern.test(stdout.toString());
  let ended = await run(t, cwd, args);
  for (let more = 4; !isGood(ended) && more > 0; more--) ended = await run(t, cwd, args);
  t.regex(ended.stdout.toString(), pattern, ended.stderr);
  return ended;
}

export interface NodeProcess extends Running {
  readonly id: string;
  readonly listen: string;
  readonly api: string;
  /** Where it has one. */
  readonly admin: string;
}

/** A node with ports that the system chooses, once it has joined. */
export async function node(
  t: ExecutionContext,
  cwd: string,
  name: string,
  ...args: string[]
): Promise<NodeProcess> {
  return await ready(launch(t, cwd, 'node', '-p', '0', '--data', name, ...args));
}

/** What a node says once it has joined. */
export async function ready(running: Running): Promise<NodeProcess> {
  const [, id = '', listen = '', api = '', admin = ''] = await running.output(READY);
  return { ...running, id, listen, api, admin };
}

/** One line, whatever it says: what docs/operations.md promises for wrong usage. */
export function isOneLine(text: string): boolean {
  return /^[^\n]+\n$/.test(text);
}

const READY = new RegExp(
  'ready: node ([0-9a-f]{64}) listens on (\\S+), clients on (\\S+), ' +
    '(?:admin on http://(\\S+), )?joined',
);
