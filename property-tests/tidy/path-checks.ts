// Documents name files of the project in backticks; a file that moved leaves its name behind there.
// Blocks of code are passed over, and so are patterns and placeholders (`*`, `{`, NAME).
import type { Finding, Source } from './finding.ts';

const FOLDERS =
  'src|host|sim|runtime|real|library|cli|property-tests|reports|scenarios|deploy|examples';
const BLOCK = /^ *```[^]*?^ *```/gm;
const NAMED = new RegExp(`\`((?:${FOLDERS})/[^\`\\s]*)`, 'g');
const PATTERN = /[*{}<>[\]…]|(?:^|\/)[A-Z]+(?:$|[/.])/;

/** @param isThere whether there is such a file or folder; names may leave out `.ts` */
export function checkPaths(
  { path, text }: Source,
  isThere: (path: string) => boolean,
): readonly Finding[] {
  const prose = text.replace(BLOCK, (block) => block.replace(/[^\n]/g, ''));
  return prose.split('\n').flatMap((line, index) =>
    Array.from(line.matchAll(NAMED), ([, name = '']) => name)
      .filter((name) => !PATTERN.test(name) && !isThere(name) && !isThere(`${name}.ts`))
      .map((name) => ({ path, line: index + 1, message: `${name} is not there: name what is` })),
  );
}
