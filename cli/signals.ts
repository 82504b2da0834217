/**
 * Being asked to stop: Ctrl-C, SIGTERM, SIGHUP where it means nothing else, and for a node that a
 * cluster started a note on its channel to that cluster, or the end of that channel, which also
 * closes when the cluster is killed.
 *
 * Rules: the first request asks for a clean stop; a second Ctrl-C ends the process at once with
 * 130. Two signals within `ECHO_MS` are one: npm hands on the Ctrl-C that the terminal has sent to
 * all of its children already. On Windows only Ctrl-C and Ctrl-Break arrive.
 */
import { isDeepStrictEqual } from 'node:util';
import { EXIT_INTERRUPTED } from './failure.ts';

/** What a cluster tells its nodes; others that start one may have words of their own for theirs. */
export const STOP_NOTE = { event: 'stop' };

export interface StopWatch {
  /** Resolves at the first request to stop. */
  readonly asked: Promise<void>;
  readonly isAsked: () => boolean;
  /** Signals do again what they did before. */
  readonly end: () => void;
}

/** @param hangUp what SIGHUP stands for in place of stopping */
export function watchForStop(hangUp?: () => void): StopWatch {
  let askedAt: number | undefined;
  let stopping = false;
  let stop = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    stop = () => {
      stopping = true;
      resolve();
    };
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    const isSecond = askedAt !== undefined && now - askedAt > ECHO_MS;
    if (isSecond && OF_A_PERSON.includes(signal)) process.exit(EXIT_INTERRUPTED);
    askedAt ??= now;
    stop();
  };
  const onChannel = (): void => {
    // Not a signal: a Ctrl-C that comes as well is still the first one.
    stop();
  };
  const onMessage = (message: unknown): void => {
    if (isDeepStrictEqual(message, STOP_NOTE)) onChannel();
  };
  const handlers = SIGNALS.map(
    (signal) => [signal, signal === 'SIGHUP' && hangUp ? hangUp : onSignal] as const,
  );
  for (const [signal, handler] of handlers) process.on(signal, handler);
  if (process.channel !== undefined) {
    process.on('disconnect', onChannel);
    process.on('message', onMessage);
  }
  const orphan = npmStarted() ? watchParent(stop) : undefined;
  const end = (): void => {
    clearInterval(orphan);
    for (const [signal, handler] of handlers) process.off(signal, handler);
    process.off('disconnect', onChannel);
    process.off('message', onMessage);
  };
  return { asked, isAsked: () => stopping, end };
}

/** `npm start` runs through a shell that dies of a signal to npm without handing it on. */
function npmStarted(): boolean {
  return process.env['npm_lifecycle_event'] === 'start';
}

function watchParent(stop: () => void): NodeJS.Timeout {
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) stop();
  }, PARENT_EVERY_MS).unref();
}

const PARENT_EVERY_MS = 500;
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'];
/** A person wants it to end now; who supervises a service only says again that it shall stop. */
const OF_A_PERSON: readonly NodeJS.Signals[] = ['SIGINT', 'SIGBREAK'];
const ECHO_MS = 100;
