/**
 * What `orrery put` and `orrery get` share: the key, the address of a node's client API, a
 * connection to it, and a deadline over all of it.
 *
 * Rules: a text key is hashed with SHA-256 to 32 bytes, with `--hex` it is 64 hex digits; nobody
 * there, or no answer in time, is exit code 1 with a line that says what to do.
 */
import { keyBytes as hashed } from '../library/words.ts';
import { ClientError, connectClient } from '../runtime/api/client.ts';
import type { ConnectedClient } from '../runtime/api/client.ts';
import { OVERDUE_MS } from '../runtime/bounds.ts';
import { UsageError } from '../runtime/failure.ts';
import { API_EXAMPLE_PORT, formatEndpoint, parseEndpoint } from '../runtime/links/address.ts';
import type { Endpoint } from '../runtime/links/address.ts';
import { CommandFailure } from './failure.ts';

export const DEFAULT_API = '127.0.0.1:7501';

/** The 32 bytes that stand for a key on the wire. */
export function keyBytes(text: string, isHex: boolean): Uint8Array {
  if (!isHex) return hashed(text);
  if (/^[0-9a-f]{64}$/i.test(text)) return Uint8Array.from(Buffer.from(text, 'hex'));
  throw new UsageError(
    `with --hex a key is 64 hex digits, not ${JSON.stringify(text.slice(0, 80))}`,
  );
}

export function apiEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text, '--api', API_EXAMPLE_PORT);
  if (endpoint.port !== 0) return endpoint;
  throw new UsageError(`--api ${text} has port 0: give the port of a node's client API`);
}

/** Lets `ask` talk to a node, within one deadline. @throws CommandFailure when that fails */
export async function withClient<T>(
  at: Endpoint,
  ask: (client: ConnectedClient) => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ClientError(`no answer from ${formatEndpoint(at)} within ${OVERDUE_MS / 1000} s`));
    }, OVERDUE_MS);
  });
  try {
    return await Promise.race([talk(at, ask), late]);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const refused = error.message.includes('ECONNREFUSED');
    const hint = refused ? `: ${startHint(at)}` : '';
    throw new CommandFailure(`${error.message}${hint}`);
  } finally {
    clearTimeout(timer);
  }
}

async function talk<T>(at: Endpoint, ask: (client: ConnectedClient) => Promise<T>): Promise<T> {
  const client = await connectClient(at, { timeoutMs: OVERDUE_MS });
  try {
    return await ask(client);
  } finally {
    void client.close();
  }
}

function startHint(at: Endpoint): string {
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return (
    `start a node with "npx orrery node -a 127.0.0.1 -p 6501 --api ${host}:${at.port}", ` +
    'or name the client API of a running one with --api'
  );
}
