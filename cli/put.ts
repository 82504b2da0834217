/**
 * `orrery put`: stores a value through the client API of a node, with PUT CHECKED (690), so that it
 * can say how many of how many replicas have it on their disk (docs/wire.md, PUT RESULT).
 *
 * Exit codes: 0 stored, 1 refused or nobody there, 2 wrong usage. Nothing is sent when key or value
 * cannot be right.
 */
import { readFile } from 'node:fs/promises';
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { PutReceipt } from '../runtime/api/client.ts';
import { PUT_TTL_S_MAX } from '../runtime/bounds.ts';
import { UsageError } from '../runtime/failure.ts';
import { fileFault } from '../runtime/files.ts';
import { REPLICATION_MAX, VALUE_BYTES_MAX } from '../src/limits.ts';
import type { PutStatus } from '../src/wire-types.ts';
import { apiEndpoint, DEFAULT_API, keyBytes, withClient } from './api-flags.ts';
import { CommandFailure } from './failure.ts';
import { wholeNumber } from './flags.ts';
import { print, printJson } from './output.ts';

export function putCommand(): CommandUnknownOpts {
  return new Command('put')
    .description('store a value under a key')
    .argument('<key>', 'a text (hashed with SHA-256), or 64 hex digits with --hex')
    .argument('[value]', 'the value, as text')
    .option('--api <addr:port>', 'client API of a node', DEFAULT_API)
    .option(
      '--ttl <s>',
      "seconds of life (0: the node's default)",
      wholeNumber(0, PUT_TTL_S_MAX),
      0,
    )
    .option('--replication <n>', "replicas (0: the node's)", wholeNumber(0, REPLICATION_MAX), 0)
    .option('--hex', 'the key is 64 hex digits', false)
    .option('--file <file>', 'take the value from a file; - is standard input')
    .option('--json', 'print JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (keyText, valueText, flags) => {
      const at = apiEndpoint(flags.api);
      const key = keyBytes(keyText, flags.hex);
      const value = checkedValue(await valueFrom(valueText, flags.file));
      const { ttl, replication } = flags;
      const receipt = await withClient(at, (client) =>
        client.put(key, value, { ttlS: ttl, replication }),
      );
      tell(receipt, key, replication, flags.json);
    });
}

function tell(receipt: PutReceipt, key: Uint8Array, asked: number, json: boolean): void {
  const { status, holders, wanted, version } = receipt;
  const hex = Buffer.from(key).toString('hex');
  if (json) printJson({ key: hex, status, holders, wanted, asked, version });
  if (status === 'good') {
    const few = shortfallOf(asked, wanted);
    if (!json) print(`stored: ${holders} of ${wanted} replicas hold it${few} (key ${hex})`);
    return;
  }
  throw new CommandFailure(`not stored: ${REASONS[status]} (${holders} of ${wanted} replicas)`);
}

/**
 * A node wants no more replicas than there are nodes that answered. With 0 it decides how many to
 * ask for, and only it knows that number.
 */
function shortfallOf(asked: number, wanted: number): string {
  if (asked <= wanted) return '';
  const nodes = wanted === 1 ? 'node' : 'nodes';
  return ` (${asked} asked for, but only ${wanted} ${nodes} near the key answered)`;
}

async function valueFrom(text: string | undefined, file: string | undefined): Promise<Uint8Array> {
  if (text !== undefined && file !== undefined) {
    throw new UsageError('give the value as an argument or with --file, not both');
  }
  if (text !== undefined) return Buffer.from(text, 'utf8');
  if (file === undefined)
    throw new UsageError('give a value, or --file FILE (- is standard input)');
  return file === '-' ? await readInput() : await readValueFile(file);
}

async function readValueFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(
      `the value's file ${path} cannot be read, ${fileFault(error)}: name another with --file`,
    );
  }
}

/** Stops reading when it is too long anyway: the input may never end. */
async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > VALUE_BYTES_MAX) break;
  }
  return Buffer.concat(chunks);
}

function checkedValue(value: Uint8Array): Uint8Array {
  if (value.length === 0) throw new UsageError('the value is empty: give at least one byte');
  if (value.length <= VALUE_BYTES_MAX) return value;
  throw new UsageError(`the value is over ${VALUE_BYTES_MAX} bytes: split it over several keys`);
}

const REASONS: Readonly<Record<Exclude<PutStatus, 'good'>, string>> = {
  'too-few-replicas': 'too few nodes have it on their disk, try again',
  'timed-out': 'the network did not answer in time, try again',
  'no-peers': 'no other node answered, try again',
  full: 'the nodes that should hold it have no room',
  invalid: 'the node found the request invalid',
  busy: 'the node has too much to do, try again later',
  leaving: 'the node is stopping, name another one with --api',
};

const EXAMPLES = `
Examples:
  $ npx orrery put greeting "hello"
  $ npx orrery put greeting "hello" --api 127.0.0.1:7502 --ttl 600 --replication 3
  $ npx orrery put picture --file picture.png
  $ date | npx orrery put now --file -

Exit codes: 0 stored, 1 refused or no node there, 2 wrong usage.`;
