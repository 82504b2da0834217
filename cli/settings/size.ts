/**
 * Sizes as people write them: a whole number of bytes, or of `KiB`, `MiB`, `GiB` or `TiB`.
 */
import { InvalidArgumentError } from '@commander-js/extra-typings';

/** @returns undefined when the text is no size */
export function parseSize(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,15})(KiB|MiB|GiB|TiB)?$/i.exec(text.trim()) ?? [];
  if (number === undefined) return undefined;
  const power = 1 + ['kib', 'mib', 'gib', 'tib'].indexOf(unit?.toLowerCase() ?? '');
  const bytes = Number(number) * 1024 ** power;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The same for a flag. */
export function sizeFlag(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError('Give a size, as in 500000, 64MiB or 2GiB.');
}
