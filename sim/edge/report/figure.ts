/**
 * A figure: its numbers as a table, its drawing in a wide and a narrow form, and what is said of
 * each of its points. The page shows the form that fits; the wide SVG and the numbers as CSV are
 * also files of their own, for papers.
 */

import { draw } from './chart.ts';
import type { ChartOption, Drawing, Mark } from './chart.ts';
import { csvCell, escape, short } from './format.ts';

export type Cell = string | number | null;

/** How much room a drawing has. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly isNarrow: boolean;
}

export interface Figure {
  /** Also the name of its files. */
  readonly id: string;
  readonly title: string;
  /** Plain text. */
  readonly caption: string;
  readonly isFull: boolean;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly wide: Drawing;
  readonly narrow: Drawing;
  readonly texts: readonly string[];
}

export interface Plan {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly marks: readonly Mark[];
  /** As wide as the page, instead of half of it. */
  readonly isFull?: boolean;
  /** Of both forms, when it depends on the numbers. */
  readonly height?: number;
  readonly option: (layout: Layout) => ChartOption;
}

const HALF = { width: 540, height: 320, isNarrow: false };
const FULL = { width: 1104, height: 340, isNarrow: false };
const NARROW = { width: 350, height: 290, isNarrow: true };

export function figureOf(plan: Plan): Figure {
  const { id, title, caption, columns, rows, marks, isFull = false, height } = plan;
  const label = `${title}. ${caption}`;
  const drawIn = (name: string, layout: Layout): Drawing => {
    const room = height === undefined ? layout : { ...layout, height };
    return draw(name, label, { width: room.width, height: room.height }, plan.option(room), marks);
  };
  const wide = drawIn(`${id}-wide`, isFull ? FULL : HALF);
  const narrow = drawIn(`${id}-narrow`, NARROW);
  const texts = marks.map(({ text }) => text);
  return { id, title, caption, isFull, columns, rows, wide, narrow, texts };
}

/** The drawing as a file of its own. */
export function svgFile({ wide }: Figure): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${wide.svg}\n`;
}

export function csvFile({ columns, rows }: Figure): string {
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

/** Beyond it, a page's table ends and points to the file. */
const ROWS_SHOWN_MAX = 120;

export function figureHtml(figure: Figure): string {
  const { id, title, caption, wide, narrow, isFull } = figure;
  return `<figure class="figure${isFull ? ' full' : ''}" id="figure-${escape(id)}">
<h3>${escape(title)}</h3>
<div class="plot" tabindex="0" role="group" data-plot="${escape(id)}"
 aria-label="${escape(title)}: arrow keys read its points">
<div class="wide">${wide.svg}</div><div class="narrow">${narrow.svg}</div>
<div class="guide" hidden></div><div class="tip" role="status" hidden></div></div>
<figcaption>${escape(caption)}</figcaption>
<details><summary>Numbers and files</summary>
<p class="files"><a href="figures/${escape(id)}.svg">SVG</a>
<a href="figures/${escape(id)}.csv">CSV</a></p>
${dataTable(figure)}</details>
</figure>`;
}

/** What the page's script needs to name points. */
export function figurePoints({ id, texts, wide, narrow }: Figure): object {
  const form = ({ width, points }: Drawing): object => ({ width, points });
  return { id, texts, wide: form(wide), narrow: form(narrow) };
}

function dataTable({ columns, rows, id }: Figure): string {
  const head = columns.map((name) => `<th scope="col">${escape(name)}</th>`).join('');
  const body = rows
    .slice(0, ROWS_SHOWN_MAX)
    .map((row) => `<tr>${row.map((cell) => `<td>${escape(cellText(cell))}</td>`).join('')}</tr>`)
    .join('');
  const more = rows.length - ROWS_SHOWN_MAX;
  const note = more > 0 ? `<p>${more} more rows are in figures/${escape(id)}.csv.</p>` : '';
  return (
    `<div class="scroll" tabindex="0" role="group" aria-label="Numbers"><table><thead><tr>${head}` +
    `</tr></thead><tbody>${body}</tbody></table></div>${note}`
  );
}

function cellText(cell: Cell): string {
  if (cell === null) return '–';
  return typeof cell === 'number' ? short(cell) : cell;
}
