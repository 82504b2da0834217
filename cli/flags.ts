/**
 * Readers of flags that several commands share.
 *
 * Rule: what a flag holds is judged when it is read, so that the one line about it names the flag;
 * commander puts "option '--ttl <s>' argument 'x' is invalid" before what is said here.
 */
import { InvalidArgumentError } from '@commander-js/extra-typings';

/** A reader of whole numbers between two bounds. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`);
  };
}
