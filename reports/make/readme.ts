/**
 * Writes the curated reports' section of reports/README.md, between two marks: of each report the
 * question, what was found with figures from the results, a figure, the commands and the digest.
 *
 * Invariant: the same results give the same text, formatted as the rest of the project is; what
 * stands outside the marks stays as it is.
 */
import { join } from 'node:path';
import { REPORTS } from './catalogue.ts';
import type { Report } from './catalogue.ts';
import { writeMarked } from './marked.ts';

/** @throws Error when a report is not there, or the marks are not */
export async function writeReadme(folder: string): Promise<void> {
  const parts: string[] = [];
  for (const report of REPORTS) parts.push(await partOf(report, folder));
  await writeMarked(join(folder, 'README.md'), 'npm run reports', parts.join('\n\n'));
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
