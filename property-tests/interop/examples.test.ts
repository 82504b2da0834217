// The examples of the classic dialect in docs/wire.md, read by another program in another language
// with a strict reader of its own: it takes the same out of each byte, and writes them again.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { hasPython } from './interop-kit.ts';

/** What the reader says of a message: its fields, in its own names. */
type Read = Readonly<Record<string, unknown>>;

interface Example {
  readonly hex: string;
  readonly data: Read & { readonly type: string };
}

test('each example means the same to another program', (t) => {
  if (!hasPython(t)) return;
  // Bare words are no messages to it.
  const examples = examplesIn(readFileSync('docs/wire.md', 'utf8')).filter(
    ({ data }) => data.type !== 'text',
  );
  t.deepEqual([...new Set(examples.map(({ data }) => data.type))].sort(), [
    ...['failure', 'find-node', 'find-value', 'node-reply', 'ping', 'pong', 'put', 'success'],
  ]);
  const script = join('property-tests', 'interop', 'classic_examples.py');
  const input = JSON.stringify(examples.map(({ hex }) => hex));
  const { stdout, stderr } = spawnSync('python3', ['-B', script], { input, encoding: 'utf8' });
  t.is(stderr, '');
  const read = JSON.parse(stdout) as readonly Read[];
  for (const [index, { hex, data }] of examples.entries()) {
    t.deepEqual(read[index], { hex, ...inItsNames(data) });
  }
});

/** The fields of an example as the other program calls them. */
function inItsNames(data: Example['data']): Read {
  const { type, hops, ttlS, from, addresses, ...rest } = data;
  const code = CODES[type];
  const named: Record<string, unknown> = { ...rest, code };
  if (hops !== undefined) named['reserved'] = hops;
  if (ttlS !== undefined) named['ttl'] = ttlS;
  if (from !== undefined) named['address'] = placeOf(from);
  if (Array.isArray(addresses)) named['nodes'] = addresses.map(placeOf);
  return named;
}

function placeOf(address: unknown): string {
  const { ip, port } = address as { readonly ip: string; readonly port: number };
  return `${Buffer.from(ip, 'hex').join('.')}:${port}`;
}

function examplesIn(text: string): readonly Example[] {
  const fence = /^```hex classic\n([^`]*)```\n\n```json\n([^`]*)```/gm;
  return [...text.matchAll(fence)].map(([, bytes = '', json = '']) => ({
    hex: bytes.replaceAll(/;.*$|\s/gm, ''),
    data: JSON.parse(json) as Example['data'],
  }));
}

const CODES: Readonly<Record<string, number>> = {
  ...{ put: 650, success: 652, failure: 653, ping: 654, pong: 655 },
  ...{ 'find-node': 656, 'node-reply': 657, 'find-value': 658 },
};
