/**
 * The report of a sweep: what was asked, the comparison of its cells by a measure that the reader
 * picks, all cells with their digests, and how to repeat it.
 */

import { figureHtml, figurePoints } from './figure.ts';
import type { Figure } from './figure.ts';
import { escape, whole } from './format.ts';
import { pageHtml } from './page.ts';
import type { Section } from './page.ts';
import { factTable } from './run-how.ts';
import type { Report } from './run-page.ts';
import { optionsOf, settingLines } from './settings-text.ts';
import { curveFigure } from './sweep-curve-figure.ts';
import { heatFigure } from './sweep-heat.ts';
import { firstMeasure, measuresOf } from './sweep-measures.ts';
import type { Measure } from './sweep-measures.ts';
import { digestOfSweep, valueText } from './sweep-read.ts';
import type { SweepCell, SweepFolder } from './sweep-read.ts';

export function sweepReport(sweep: SweepFolder): Report {
  const measures = measuresOf(sweep);
  const drawn = measures.map((measure) => {
    const all = [heatFigure(sweep, measure), curveFigure(sweep, measure)];
    return { measure, figures: all.filter((figure) => figure !== undefined) };
  });
  const figures = drawn.flatMap((one) => one.figures);
  const sections: Section[] = [
    {
      id: 'comparison',
      title: 'Comparison',
      html: comparison(drawn, firstMeasure(sweep, measures)),
    },
    { id: 'cells', title: 'Cells', html: cellTable(sweep, measures) },
    { id: 'how', title: 'How it was run', html: how(sweep) },
    { id: 'methods', title: 'How to read it', html: METHODS },
  ];
  const data = { 'point-data': figures.map(figurePoints) };
  const html = pageHtml({ title: sweep.name, head: headHtml(sweep), sections, data });
  return { html, figures };
}

function headHtml(sweep: SweepFolder): string {
  const { name, question, version, axes, seeds, cells } = sweep;
  const digest = digestOfSweep(sweep);
  const count = (status: SweepCell['status']): number =>
    cells.filter((cell) => cell.status === status).length;
  const grid = axes.map(({ key, values }) => `${key}: ${values.map(valueText).join(', ')}`);
  const seedWord = seeds.length === 1 ? 'seed' : 'seeds';
  const facts =
    `${whole(cells.length)} cells, ${count('done')} done, ${count('failed')} failed, ` +
    `${count('missing')} missing; ${seeds.length} ${seedWord}; version ${version}.`;
  return [
    '<p class="kind">Orrery sweep</p>',
    `<h1>${escape(name)}</h1>`,
    question === undefined ? '' : `<p class="question">${escape(question)}</p>`,
    ...grid.map((line) => `<p class="facts">${escape(line)}</p>`),
    `<p class="facts">${escape(facts)}</p>`,
    digest === undefined ? '' : `<p class="digest">Digest <code>${digest}</code></p>`,
  ].join('\n');
}

type Drawn = readonly { readonly measure: Measure; readonly figures: readonly Figure[] }[];

function comparison(drawn: Drawn, first: Measure | undefined): string {
  if (drawn.length === 0) return '<p>No cell has a result yet.</p>';
  const options = drawn.map(
    ({ measure: { id, name } }) =>
      `<option value="${id}"${id === first?.id ? ' selected' : ''}>${escape(name)}</option>`,
  );
  const parts = drawn.map(
    ({ measure, figures }) =>
      `<div class="figures" data-measure="${measure.id}">\n` +
      `${figures.map(figureHtml).join('\n')}\n</div>`,
  );
  const select = `<select id="measure">${options.join('')}</select>`;
  return `<div class="bar"><label>Measure ${select}</label></div>
${parts.join('\n')}`;
}

/** As many measures as a row of the table takes; the others are in the figures' files. */
const MEASURES_SHOWN = 5;

function cellTable({ axes, cells }: SweepFolder, measures: readonly Measure[]): string {
  const shown = measures.slice(0, MEASURES_SHOWN);
  const names = [
    ...axes.map(({ key }) => key),
    'seed',
    'status',
    ...shown.map(({ name }) => name),
    'digest',
  ];
  const head = names.map((name) => `<th scope="col">${escape(name)}</th>`).join('');
  const rows = cells.map((cell) => {
    const { values, seed, result, digest } = cell;
    const figures = shown.map((measure) => {
      const value = result === undefined ? null : measure.of(result);
      return value === null ? '–' : measure.show(value);
    });
    const plain = [...axes.map(({ key }) => valueText(values[key])), String(seed)];
    return (
      `<tr>${plain.map(tableCell).join('')}<td>${statusHtml(cell)}</td>` +
      figures.map(tableCell).join('') +
      `<td class="digests"><code>${escape(digest ?? '')}</code></td></tr>`
    );
  });
  return `<div class="scroll tall" tabindex="0" role="group" aria-label="All cells"><table>
<thead><tr>${head}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function tableCell(text: string): string {
  return `<td>${escape(text)}</td>`;
}

function statusHtml({ status, id, error }: SweepCell): string {
  if (status === 'done') return `<a href="cells/${escape(id)}.json">done</a>`;
  const reason = error === undefined ? '' : `: ${escape(error)}`;
  return `<span class="${status}">${status}${reason}</span>`;
}

/** Settings that all cells share and that differ from the default. */
function how({ axes, cells }: SweepFolder): string {
  const first = cells.find(({ result }) => result !== undefined)?.result;
  const varied = new Set([...axes.map(({ key }) => key), 'seed']);
  const shared =
    first === undefined
      ? []
      : settingLines(optionsOf(first.config)).filter(
          ({ key, isDefault }) => !isDefault && !varied.has(key),
        );
  const facts = shared.map(({ key, value }) => [key, value] as const);
  const table =
    facts.length === 0 ? '<p>All other settings have their defaults.</p>' : factTable(facts);
  return `<h3>Settings that all cells share</h3>
<p class="muted">As in the first cell with a result; defaults are left out.</p>
${table}
<p>To run every cell again from its result and compare the digests (DIR is the folder of this
page):</p>
<pre tabindex="0">orrery report DIR --verify</pre>`;
}

const METHODS = `<p>A cell is one simulation: a place of the grid and a seed. Its file in
<code>cells/</code> holds the whole result and is the same to the byte wherever it was run.</p>
<p>Curves and colours show the mean over the seeds; intervals are 95 % intervals by Student’s t over
the seeds, as many networks as there are seeds. With one seed there is no interval; an interval ends
where values cannot be, such as above 100 %. Each figure is also an SVG file with its numbers as CSV
in <code>figures/</code>.</p>
<p>The digest of the sweep is SHA-256 over those of its cells in the order of the grid, a line
each.</p>`;
