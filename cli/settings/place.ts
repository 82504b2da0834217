/**
 * Where something listens, as people write it: `HOST`, `HOST:PORT`, `::1`, `[::1]` or
 * `[::1]:6501`. The port may be left to a default, which an address of `runtime/links/address.ts`
 * cannot.
 *
 * Invariant: a fault is a UsageError whose one line begins with what the text was for.
 */
import { isIPv6 } from 'node:net';
import { UsageError } from '../../runtime/failure.ts';
import { parseEndpoint } from '../../runtime/links/address.ts';

export interface Place {
  /** Without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** @throws UsageError; `what` and `examplePort` as for `parseEndpoint` */
export function parsePlace(text: string, what: string, examplePort?: number): Place {
  const trimmed = text.trim();
  if (isIPv6(trimmed)) return { host: trimmed, port: undefined };
  const inBrackets = /^\[([^\]]*)\]$/.exec(trimmed)?.[1];
  if (inBrackets !== undefined && isIPv6(inBrackets)) return { host: inBrackets, port: undefined };
  if (/^[^:[\]]+$/.test(trimmed)) {
    // Any port will do: only the host is judged.
    if (judges(trimmed)) return { host: trimmed, port: undefined };
    throw new UsageError(
      `${what} ${JSON.stringify(trimmed.slice(0, 80))} is no address and no name`,
    );
  }
  return parseEndpoint(trimmed, what, examplePort);
}

function judges(host: string): boolean {
  try {
    parseEndpoint(`${host}:1`, '');
    return true;
  } catch {
    return false;
  }
}
