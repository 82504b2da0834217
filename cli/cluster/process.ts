/**
 * One node of `orrery cluster` as a process of its own: started with this program's own entry, its
 * output passed on line by line behind its address, and told to stop over a channel.
 *
 * Invariants: the child ends with us however we end. The channel closes with this process, even
 * when it is killed, and the child stops when its channel closes (`cli/signals.ts`). Of what it
 * prints no more waits here than a stream takes: the child drops lines when nobody reads them.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { ReadyNote } from '../node.ts';
import { STOP_NOTE } from '../signals.ts';
import type { Member, RunningMember } from './member.ts';

/** Starts a node; `args` come after those that say where it lives. */
export function spawnMember(
  member: Member,
  bootstrap: string | undefined,
  args: readonly string[],
): RunningMember {
  const { listen, api, admin, dataDir } = member;
  const doors = ['--api', formatEndpoint(api), '--admin', formatEndpoint(admin)];
  const place = ['-a', listen.host, '-p', String(listen.port), ...doors];
  const through = bootstrap === undefined ? [] : ['--bootstrap', bootstrap];
  const all = [ENTRY, 'node', ...place, '--data', dataDir, ...through, ...args];
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const name = formatEndpoint(listen);
  passOn(child.stdout, process.stdout, name);
  passOn(child.stderr, process.stderr, name);
  const ended = endOf(child);
  return {
    member,
    pid: child.pid ?? 0,
    ready: readinessOf(child),
    ended,
    stop: async () => {
      // The channel is gone when the child is: then there is nobody to tell.
      child.send(STOP_NOTE, () => undefined);
      const late = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Resolves with what the child says when it has joined; with nothing when it ends before. */
function readinessOf(child: ChildProcess): Promise<ReadyNote | undefined> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (isReadyNote(message)) resolve(message);
    });
    child.once('exit', () => {
      resolve(undefined);
    });
    child.once('error', () => {
      resolve(undefined);
    });
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    // What nobody takes any more must not hide the end.
    let looking: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      looking = setInterval(() => {
        for (const from of [child.stdout, child.stderr]) if (from?.isPaused()) from.destroy();
      }, OUTPUT_MS_MAX);
    });
    // Its output is read to the end by then, unlike at 'exit'.
    child.once('close', (code, signal) => {
      clearInterval(looking);
      resolve(signal ?? `exit code ${code ?? 'unknown'}`);
    });
  });
}

/** Passes on line by line; while nobody takes the lines, nothing is read. */
export function passOn(from: Readable | null, to: Writable, name: string): void {
  if (from === null) return;
  createInterface({ input: from, crlfDelay: Infinity }).on('line', (line) => {
    if (!to.write(`[${name}] ${line}\n`)) waitFor(to, from);
  });
}

/** What is not read until a stream has room again; one listener each, however many wait. */
const waiting = new WeakMap<Writable, Set<Readable>>();

function waitFor(to: Writable, from: Readable): void {
  from.pause();
  const others = waiting.get(to);
  if (others !== undefined) {
    others.add(from);
    return;
  }
  const all = new Set([from]);
  waiting.set(to, all);
  const goOn = (): void => {
    waiting.delete(to);
    to.off('drain', goOn).off('error', goOn);
    for (const one of all) one.resume();
  };
  // After an error, as of a reader that is gone, there is no drain.
  to.on('drain', goOn).on('error', goOn);
}

function isReadyNote(message: unknown): message is ReadyNote {
  return (
    typeof message === 'object' &&
    message !== null &&
    'event' in message &&
    message.event === 'ready'
  );
}

/** From `dist/cli/`, where this file runs, to the program that was called. */
const ENTRY = fileURLToPath(new URL('../../../cli/orrery.mjs', import.meta.url));
/** A clean stop takes a node at most ten seconds. */
const KILL_AFTER_MS = 12_000;
/** For what a child has printed last, once it has ended. */
const OUTPUT_MS_MAX = 2000;
