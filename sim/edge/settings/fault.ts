/**
 * What is wrong with settings, said once per fault: `SUBJECT in FILE line N: ADVICE`. A fault keeps
 * the way to the key at fault, so that whoever read the file can add the line.
 */

/** Keys and list positions from the outside in. */
export type Path = readonly (string | number)[];

export interface Fault {
  readonly path: Path;
  /** As in `unknown key 'lokups'` or `at of fault 2`. */
  readonly subject: string;
  /** What is wrong and what to do. */
  readonly advice: string;
}

/** Thrown for settings that cannot be; `lines` has one clear line for each fault. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('; '));
    this.lines = lines;
  }
}

/** @param place as in ` in x.yaml line 7`, or nothing */
export function tell({ subject, advice }: Fault, place = ''): string {
  return `${subject}${place}: ${advice}`;
}

/** A place in settings in words: the key itself, or `at of fault 2`. */
export function subjectOf(path: Path): string {
  const [head, item, key] = path;
  if (head === undefined) return 'the settings';
  if (typeof item === 'string') return `${item} of ${head}`;
  if (item === undefined) return String(head);
  const one = `${String(head).replace(/s$/, '')} ${item + 1}`;
  return key === undefined ? one : `${key} of ${one}`;
}

/** The known word that somebody meant, if one is near. */
export function meant(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_\s]/g, '');
  const near = known
    .map((candidate) => ({ candidate, steps: steps(plain(word), plain(candidate)) }))
    .sort((a, b) => a.steps - b.steps)[0];
  if (near === undefined || near.steps > Math.max(1, Math.floor(word.length / 3))) return undefined;
  return near.candidate;
}

/** Letters to add, drop or change, or neighbours to swap, that lead from one word to the other. */
function steps(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next[j] = Math.min(
        (next[j - 1] ?? 0) + 1,
        (row[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + same,
        swapped ? (before[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
