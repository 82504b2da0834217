/**
 * Logging: the few methods that the runtime asks of a logger (pino has them), a limit on how often
 * one kind of line is written, and the one way in which another party's text may enter a line.
 *
 * Invariants: at most `LOG_LINES_PER_SECOND_MAX` lines of one message and level a second, the rest
 * is counted and said later; another's text is cut and has no control characters; values, whole
 * keys and certificates are never handed in at all.
 */
import { LOG_LINES_PER_SECOND_MAX, LOG_TEXT_MAX } from './bounds.ts';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** What a pino logger offers, and all that we use of it. */
export interface Log {
  readonly debug: (fields: LogFields, message: string) => void;
  readonly info: (fields: LogFields, message: string) => void;
  readonly warn: (fields: LogFields, message: string) => void;
  readonly error: (fields: LogFields, message: string) => void;
}

/** A log that nobody reads. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * A log that writes each kind of message only so often. The messages are our own constants, so the
 * tables of counts are as small as the number of log calls in the source. Each level has its own:
 * many lines for debugging, which perhaps nobody gets to see, leave room for a warning.
 */
export function limitedLog(log: Log, now: () => number): Log {
  const limited = (level: keyof Log): Log[keyof Log] => {
    const kinds = new Map<string, Kind>();
    return (fields, message) => {
      const second = Math.floor(now() / 1000);
      const known = kinds.get(message);
      if (known?.second === second) {
        known.lines += 1;
        if (known.lines > LOG_LINES_PER_SECOND_MAX) return;
        log[level](fields, message);
        return;
      }
      const left = known === undefined ? 0 : Math.max(0, known.lines - LOG_LINES_PER_SECOND_MAX);
      kinds.set(message, { second, lines: 1 });
      log[level](left === 0 ? fields : { ...fields, leftOut: left }, message);
    };
  };
  return {
    debug: limited('debug'),
    info: limited('info'),
    warn: limited('warn'),
    error: limited('error'),
  };
}

/** Text that came from elsewhere, fit for a log line: printable ASCII, cut. */
export function foreignText(text: string): string {
  const cut = text.length > LOG_TEXT_MAX ? `${text.slice(0, LOG_TEXT_MAX - 3)}...` : text;
  return cut.replace(/[^\x20-\x7e]/g, '?');
}

/** Why something failed, in one short line; errors of sockets may carry a peer's text. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    // The code of all verdicts on a certificate that node:tls has no name for.
    return foreignText(code === '' || code === 'UNSPECIFIED' ? error.message : code);
  }
  return foreignText(String(error));
}

/** The first eight digits of an id or a key: enough to follow it, too few to ask for it. */
export function shortHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(4, bytes.length)).toString('hex');
}

interface Kind {
  readonly second: number;
  lines: number;
}

/** A log that also keeps its last warnings, as lines for a person. */
export function rememberingLog(log: Log, most: number): { log: Log; warnings: readonly string[] } {
  const warnings: string[] = [];
  const remember =
    (level: 'warn' | 'error') =>
    (fields: LogFields, message: string): void => {
      const more = Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`);
      warnings.push(`${new Date().toISOString()} ${level} ${[message, ...more].join('  ')}`);
      if (warnings.length > most) warnings.shift();
      log[level](fields, message);
    };
  return {
    log: {
      debug: (fields, message) => {
        log.debug(fields, message);
      },
      info: (fields, message) => {
        log.info(fields, message);
      },
      warn: remember('warn'),
      error: remember('error'),
    },
    warnings,
  };
}
