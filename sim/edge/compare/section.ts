/**
 * A comparison as a section of the report of A: who is compared, the table of the verdicts, their
 * rules, and both distributions in one figure each.
 */

import { escape } from '../report/format.ts';
import { COMPARED } from '../report/run-page.ts';
import type { ExtraPart } from '../report/run-page.ts';
import type { Compared, Comparison } from './compare.ts';
import { comparedFigures } from './figures.ts';
import type { Side } from './side.ts';
import { linksNote, noVerdictText, partyText, ROW_NAMES, rowOf, ruleLines } from './words.ts';
import { settingsNote, workNote } from './words.ts';

export function comparisonPart(comparison: Comparison, a: Side, b: Side): ExtraPart {
  const { settings, measures } = comparison;
  const none = noVerdictText(comparison);
  const [work, links] = [workNote(comparison), linksNote(comparison)];
  const html = [
    `<p><b>A</b>, this result: ${escape(partyText(comparison.a))}.<br>`,
    `<b>B</b>, <code>${escape(comparison.b.dir)}</code>: ${escape(partyText(comparison.b))}.</p>`,
    `<p>${escape(settingsNote(comparison))}</p>`,
    settings.length === 0
      ? ''
      : table(
          ['setting', 'A', 'B'],
          settings.map(({ setting, a: inA, b: inB }) => cells([setting, inA, inB])),
        ),
    work === undefined ? '' : `<p>${escape(work)}</p>`,
    links === undefined ? '' : `<p>${escape(links)}.</p>`,
    none === undefined ? '' : `<p class="failed">${escape(none)}.</p>`,
    table(ROW_NAMES, measures.map(measureRow)),
    `<p class="muted">${ruleLines(comparison).map(escape).join('; ')}.</p>`,
  ].join('\n');
  const title = 'Compared with another result';
  return { id: COMPARED, title, html, figures: comparedFigures(a, b) };
}

function measureRow(line: Compared): string {
  const row = rowOf(line);
  const verdict = escape(row.at(-1) ?? '');
  const told = line.verdict === 'differs' ? `<b class="failed">${verdict}</b>` : verdict;
  return `${cells(row.slice(0, -1))}<td>${told}</td>`;
}

function cells([name = '', ...values]: readonly string[]): string {
  const rest = values.map((value) => `<td>${escape(value)}</td>`).join('');
  return `<th scope="row">${escape(name)}</th>${rest}`;
}

function table(names: readonly string[], rows: readonly string[]): string {
  const head = names.map((name) => `<th scope="col">${escape(name)}</th>`).join('');
  return `<div class="scroll tall" tabindex="0" role="group" aria-label="Comparison"><table>
<thead><tr>${head}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row}</tr>`).join('\n')}</tbody></table></div>`;
}
