/**
 * Writes the curated reports' section of reports/README.md, between two marks: of each report the
 * question, what was found with figures from the results, a figure, the commands and the digest.
 *
 * Invariant: the same results give the same text, formatted as the rest of the project is; what
 * stands outside the marks stays as it is.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { REPORTS } from './catalogue.ts';
import type { Report } from './catalogue.ts';

const BEGIN = '<!-- what follows is written by npm run reports -->';
const END = '<!-- up to here -->';

/** @throws Error when a report is not there, or the marks are not */
export async function writeReadme(folder: string): Promise<void> {
  const path = join(folder, 'README.md');
  const text = await readFile(path, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path} has lost its marks: ${BEGIN} and ${END}`);
  const parts: string[] = [];
  for (const report of REPORTS) parts.push(await partOf(report, folder));
  const body = await format(parts.join('\n\n'), {
    parser: 'markdown',
    printWidth: 100,
    proseWrap: 'always',
  });
  const before = text.slice(0, begin + BEGIN.length);
  await writeFile(path, `${before}\n\n${body}\n${text.slice(end)}`);
}

async function partOf(report: Report, folder: string): Promise<string> {
  const { name, kind, figure, shows, takes } = report;
  const { question, digest, size, found } = await report.read(join(folder, name));
  const source = kind === 'sweep' ? 'sweep.yaml' : 'scenario.yaml';
  return `### ${name}

**${question}**

${found}

![${shows}](${name}/figures/${figure}.svg)

[${source}](${name}/${source}) (question and design), [report.html](${name}/report.html),
[figures](${name}/figures). ${size}, about ${takes}:

\`\`\`sh
npm run reports -- ${name}
\`\`\`

Digest \`${digest}\``;
}
