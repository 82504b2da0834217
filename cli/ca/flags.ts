/**
 * Flags that the commands of `orrery ca` share.
 */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

export type Print = (text: string) => void;

/** Where an authority is kept unless said otherwise. */
const DIR = '.orrery/authority';

export function dirOption(): Option<'--dir <dir>', undefined, string> {
  return new Option('--dir <dir>', 'directory of the authority').default(DIR);
}

/** The flag as it must be repeated in a further command. */
export function dirFlag(dir: string): string {
  return dir === DIR ? '' : ` --dir ${dir}`;
}

export function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number.');
}
