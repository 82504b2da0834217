/**
 * `orrery get`: reads a value through the client API of a node (docs/wire.md).
 *
 * Rule: the bytes go out exactly as they were put; only on a terminal a line feed follows, so that
 * the prompt stands on a line of its own. Exit codes: 0 found, 1 not found or nobody there, 2 wrong
 * usage.
 */
import { writeFile } from 'node:fs/promises';
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { UsageError } from '../runtime/failure.ts';
import { fileFault } from '../runtime/files.ts';
import { apiEndpoint, DEFAULT_API, keyBytes, withClient } from './api-flags.ts';
import { CommandFailure } from './failure.ts';
import { printJson } from './output.ts';

export function getCommand(): CommandUnknownOpts {
  return new Command('get')
    .description('read the value of a key')
    .argument('<key>', 'a text (hashed with SHA-256), or 64 hex digits with --hex')
    .option('--api <addr:port>', 'client API of a node', DEFAULT_API)
    .option('--hex', 'the key is 64 hex digits', false)
    .option('--file <file>', 'write the value to a file; - is standard output')
    .option('--json', 'print JSON, the value in base64', false)
    .addHelpText('after', EXAMPLES)
    .action(async (keyText, flags) => {
      const { file, json } = flags;
      if (json && file !== undefined) {
        throw new UsageError('give --json or --file, not both: the value goes to one place');
      }
      const at = apiEndpoint(flags.api);
      const key = keyBytes(keyText, flags.hex);
      const hex = Buffer.from(key).toString('hex');
      const value = await withClient(at, (client) => client.get(key));
      if (json) printJson(asJson(hex, value));
      if (value === undefined) throw new CommandFailure(`not found: no value under key ${hex}`);
      if (!json) await handOver(value, file ?? '-');
    });
}

function asJson(key: string, value: Uint8Array | undefined): unknown {
  if (value === undefined) return { key, found: false };
  const base64 = Buffer.from(value).toString('base64');
  return { key, found: true, bytes: value.length, value: base64 };
}

async function handOver(value: Uint8Array, file: string): Promise<void> {
  if (file === '-') {
    process.stdout.write(value);
    if (process.stdout.isTTY && value.at(-1) !== LINE_FEED) process.stdout.write('\n');
    return;
  }
  try {
    await writeFile(file, value);
  } catch (error) {
    throw new UsageError(
      `${file} cannot be written, ${fileFault(error)}: name another file with --file`,
    );
  }
}

const LINE_FEED = 0x0a;

const EXAMPLES = `
Examples:
  $ npx orrery get greeting
  $ npx orrery get greeting --api 127.0.0.1:7503
  $ npx orrery get picture --file picture.png
  $ npx orrery get 5a41c0de5a41c0de5a41c0de5a41c0de5a41c0de5a41c0de5a41c0de5a41c0de --hex

Exit codes: 0 found, 1 not found or no node there, 2 wrong usage.`;
