/**
 * Texts of which a command writes a part, between two marks; what stands outside of them stays as
 * it is.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format } from 'prettier';

/**
 * @param by the command, as the first mark names it
 * @param body as Markdown; it is formatted as the rest of the project is
 * @throws Error when the marks are not there
 */
export async function writeMarked(path: string, by: string, body: string): Promise<void> {
  const first = `<!-- what follows is written by ${by} -->`;
  const text = await readFile(path, 'utf8');
  const [begin, end] = [text.indexOf(first), text.indexOf(LAST)];
  if (begin < 0 || end < begin) throw new Error(`${path} has lost its marks: ${first} and ${LAST}`);
  const before = text.slice(0, begin + first.length);
  const options = { parser: 'markdown', printWidth: 100, proseWrap: 'always' } as const;
  await writeFile(path, `${before}\n\n${await format(body, options)}\n${text.slice(end)}`);
}

const LAST = '<!-- up to here -->';
