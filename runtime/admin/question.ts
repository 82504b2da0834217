/**
 * What is asked with POST /lookup: a small JSON object that names a key, `{"text": "greeting"}` or
 * `{"hex": "64 digits"}`.
 *
 * Rule: only a page of this very server, or no page at all, may ask. A browser says of each POST
 * where it comes from, and asks before it sends JSON to another site, which is refused; the host
 * that it was led to is judged before this.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { keyOfText } from '../api/text-key.ts';
import { QUESTION_BYTES_MAX } from '../bounds.ts';

/** Why there is no answer: a status and a line. */
export interface Refusal {
  readonly code: number;
  readonly body: string;
}

/** @returns the 32 bytes of the key */
export async function readQuestion(request: IncomingMessage): Promise<Uint8Array | Refusal> {
  const { headers } = request;
  if (isForeign(headers)) return { code: 403, body: 'only from the dashboard itself\n' };
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/json') {
    return { code: 415, body: 'only application/json\n' };
  }
  const text = await textOf(request);
  if (text === undefined) return { code: 413, body: `at most ${QUESTION_BYTES_MAX} bytes\n` };
  return keyIn(text) ?? { code: 400, body: 'ask {"text": "KEY"} or {"hex": "64 HEX DIGITS"}\n' };
}

/** Whether a page of somebody else's asks. */
export function isForeign({ host = '', origin, ...headers }: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return true;
  return origin !== undefined && origin !== `http://${host}`;
}

/** The whole body; nothing when it is too long. */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Read to its end even so, for whoever sends it would not hear the answer before.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= QUESTION_BYTES_MAX) chunks.push(chunk);
    else if (length > 16 * QUESTION_BYTES_MAX) break;
  }
  return length > QUESTION_BYTES_MAX ? undefined : Buffer.concat(chunks).toString('utf8');
}

function keyIn(json: string): Uint8Array | undefined {
  const { text, hex } = objectOf(json);
  if (typeof text === 'string' && text !== '' && hex === undefined) return keyOfText(text);
  const isHex = typeof hex === 'string' && /^[0-9a-f]{64}$/i.test(hex) && text === undefined;
  return isHex ? Uint8Array.from(Buffer.from(hex, 'hex')) : undefined;
}

function objectOf(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
