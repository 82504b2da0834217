/**
 * Readers of flags that several commands share, and the flags that are part of the contract but
 * come with a later version.
 *
 * Rule: what a flag holds is judged when it is read, so that the one line about it names the flag;
 * commander puts "option '--ttl <s>' argument 'x' is invalid" before what is said here.
 */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { UsageError } from '../runtime/failure.ts';

/** A reader of whole numbers between two bounds. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`);
  };
}

/** A flag that is refused, with what it will come with. */
export function laterOption(flags: string, comesWith: string): Option {
  return new Option(flags, comesWith).hideHelp();
}

/** @throws UsageError when one of the flags that come later was given */
export function refuseLater(
  given: Readonly<Record<string, unknown>>,
  later: readonly Option[],
): void {
  for (const option of later) {
    if (given[option.attributeName()] === undefined) continue;
    throw new UsageError(
      `${option.long ?? option.flags} comes with ${option.description}, not in this version: ` +
        'leave it out',
    );
  }
}
