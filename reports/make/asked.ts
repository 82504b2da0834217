/**
 * The command line of those who make reports: names of what is to be made, some flags, and help.
 *
 * Invariant: wrong usage is one line on standard error and exit code 2.
 */
import { parseArgs } from 'node:util';

export interface Command {
  /** As in `npm run NAME`. */
  readonly name: string;
  /** What `--help` prints. */
  readonly help: string;
  /** All that can be made. */
  readonly parts: readonly string[];
  readonly flags: Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>;
}

export interface Asked {
  /** Of the parts, in their order; all of them where none is named. */
  readonly parts: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
}

/** @returns the exit code where nothing is to be made: help was asked for, or the usage is wrong */
export function askedIn(
  { name, help, parts, flags }: Command,
  args: readonly string[],
): Asked | number {
  let fault: string;
  try {
    const options = { ...flags, help: { type: 'boolean', short: 'h' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help === true) {
      console.log(help.trim());
      return 0;
    }
    const unknown = positionals.find((part) => !parts.includes(part));
    const asked = parts.filter((part) => positionals.length === 0 || positionals.includes(part));
    if (unknown === undefined) return { parts: asked, flags: values };
    fault = `there is no ${unknown}: choose of ${parts.join(', ')}`;
  } catch (error) {
    // The advice behind the first sentence is for those whose names begin with a dash.
    fault = (error instanceof Error ? error.message : String(error)).split('. ')[0] ?? '';
  }
  console.error(`${name}: ${fault} (see "npm run ${name} -- --help")`);
  return 2;
}
