/**
 * `orrery put`: stores a value through the client API of a node, with PUT CHECKED (690), so that it
 * can say how many of how many replicas have it on their disk (SPEC sections 2 and 8).
 *
 * Exit codes: 0 stored, 1 refused or nobody there, 2 wrong usage. Nothing is sent when key or value
 * cannot be right.
 */
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { readFile } from 'node:fs/promises';
import type { PutReceipt } from '../runtime/client.ts';
import { systemCode, UsageError } from '../runtime/failure.ts';
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
    .option('--ttl <s>', "seconds of life (0: the node's default)", wholeNumber(0, 65_535), 0)
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
      tell(receipt, key, flags.json);
    });
}

function tell(receipt: PutReceipt, key: Uint8Array, json: boolean): void {
  const { status, holders, wanted, version } = receipt;
  const hex = Buffer.from(key).toString('hex');
  if (json) printJson({ key: hex, status, holders, wanted, version });
  if (status === 'good') {
    if (!json) print(`stored: ${holders} of ${wanted} replicas hold it (key ${hex})`);
    return;
  }
  throw new CommandFailure(`not stored: ${REASONS[status]} (${holders} of ${wanted} replicas)`);
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
    const why = systemCode(error) === 'ENOENT' ? 'is missing' : `cannot be read: ${String(error)}`;
    throw new UsageError(`the file of the value ${path} ${why}: name a readable file with --file`);
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
  'no-peers': 'the node knows no other node that could hold it',
  full: 'the nodes that should hold it have no room',
  invalid: 'the node found the request invalid',
  busy: 'the node has too much to do, try again later',
  leaving: 'the node is stopping, name another one with --api',
};

const EXAMPLES = `
Examples:
  $ orrery put greeting "hello"
  $ orrery put greeting "hello" --api 127.0.0.1:7502 --ttl 600 --replication 3
  $ orrery put picture --file picture.png
  $ date | orrery put now --file -

Exit codes: 0 stored, 1 refused or no node there, 2 wrong usage.`;
