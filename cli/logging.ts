/**
 * The log of a running node, on standard error: a JSON object per line when a program reads it,
 * short lines when a person does.
 *
 * Invariants: a reader that does not keep up and a disk that is full cost lines, never the node's
 * time nor its end: what waits is tried again with each line, and beyond `WAITING_BYTES_MAX` lines
 * are dropped; at the end it is handed on like all output (`output.ts`). What others sent is cut
 * and cleaned before it gets here (`runtime/log.ts`).
 */
import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { Log } from '../runtime/log.ts';
import { handOnAsWell } from './output.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['auto', 'json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** `name` stands in each line, for where several nodes share a log. */
export function openLog(level: LogLevel, format: LogFormat, name?: string): Log {
  const chosen = format === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : format;
  const base = { pid: process.pid, ...(name === undefined ? {} : { node: name }) };
  const options = { level, base, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, chosen === 'json' ? destination() : textStream());
}

/** A line as people read it: time, level, message, then what belongs to it. */
function textOf(line: string): string {
  const entry: unknown = JSON.parse(line);
  if (typeof entry !== 'object' || entry === null) return line;
  const { level, time, msg, ...fields } = entry as Readonly<Record<string, unknown>>;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const name = LEVEL_NAMES.get(Number(level)) ?? '';
  const rest = Object.entries(fields)
    .filter(([key]) => key !== 'pid')
    .map(([key, value]) => `  ${key}=${String(value)}`);
  return `${clock} ${name.padEnd(5)} ${String(msg)}${rest.join('')}\n`;
}

let shared: DestinationStream | undefined;

function destination(): DestinationStream {
  shared ??= openDestination();
  return shared;
}

function openDestination(): DestinationStream {
  /** Since the end began: whether it is still going on, and whether the system said anything. */
  const end = { isOpen: false, isAnswered: false };
  const stream = pino.destination({
    dest: 2,
    sync: false,
    // Lines are written as without it, but then flush() does nothing.
    minLength: 1,
    maxLength: WAITING_BYTES_MAX,
    retryEAGAIN: () => {
      end.isAnswered = true;
      return true;
    },
  });
  // What could not be written is kept and tried again with the next line, also a dropped one.
  stream.on('error', () => undefined);
  stream.on('drop', () => {
    stream.flush();
  });
  stream.on('write', () => {
    end.isAnswered = true;
  });
  // At an exit pino would write until all is taken, which may be for ever.
  stream.flushSync = () => undefined;
  handOnAsWell({
    flush: () =>
      new Promise((resolve) => {
        Object.assign(end, { isOpen: true, isAnswered: false });
        const done = (): void => {
          end.isOpen = false;
          resolve();
        };
        stream.once('drain', done).once('error', done);
        stream.flush();
      }),
    isStuck: () => end.isOpen && !end.isAnswered,
  });
  return stream;
}

function textStream(): DestinationStream {
  return {
    write: (line) => {
      if (process.stderr.writableLength > WAITING_BYTES_MAX) return;
      process.stderr.write(textOf(line));
    },
  };
}

const LEVEL_NAMES: ReadonlyMap<number, string> = new Map([
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
]);
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
