/**
 * The report of one run: what was asked, the figures with their intervals, distributions, single
 * lookups in the key space, what happened over time, the state of the tables, and how to repeat it.
 */

import { figureHtml, figurePoints } from './figure.ts';
import type { Figure } from './figure.ts';
import { escape, short, time, whole } from './format.ts';
import { headline, tilesHtml } from './headline.ts';
import { lookupFigures, valueFigures } from './lookup-figures.ts';
import { sampleLookups } from './lookup-sample.ts';
import type { LookupTable } from './lookup-table.ts';
import { timeFigures } from './over-time.ts';
import { pageHtml } from './page.ts';
import type { Section } from './page.ts';
import { pickerHtml } from './picker-html.ts';
import type { Result, RunFolder } from './read.ts';
import { howSection, METHODS } from './run-how.ts';
import { bucketFigure, placeFigure } from './table-health.ts';

export interface Report {
  readonly html: string;
  readonly figures: readonly Figure[];
}

/** A section that is not of the run alone: what stands above its figures, and these. */
export interface ExtraPart extends Section {
  readonly figures: readonly Figure[];
}

/** The section of a comparison with another run; ids of its figures begin with it. */
export const COMPARED = 'compared';

/** @param extra stands first behind the headline */
export function runReport({ result, lookups }: RunFolder, extra?: ExtraPart): Report {
  const parts = figureParts(result, lookups);
  const figures = [...(extra?.figures ?? []), ...parts.flatMap((part) => part.figures)];
  const sampled = lookups === undefined ? [] : sampleLookups(lookups);
  const sections: Section[] = [
    { id: 'headline', title: 'In short', html: tilesHtml(headline(result, lookups)) },
    ...parts
      .filter((part) => part.figures.length > 0)
      .map(({ id, title, figures: own }) => ({ id, title, html: figuresHtml(own) })),
    { id: 'how', title: 'How it was run', html: howSection(result) },
    { id: 'methods', title: 'How to read it', html: METHODS },
  ];
  if (sampled.length > 0) {
    const html = pickerHtml(sampled, lookups?.size ?? 0);
    sections.splice(2, 0, { id: 'paths', title: 'Single lookups in the key space', html });
  }
  if (extra !== undefined) {
    const { id, title: heading, html, figures: own } = extra;
    sections.splice(1, 0, { id, title: heading, html: `${html}\n${figuresHtml(own)}` });
  }
  const title = titleOf(result);
  const data = {
    'point-data': figures.map(figurePoints),
    ...(sampled.length === 0
      ? {}
      : { 'picker-data': { nodes: onlineOf(result), total: lookups?.size, lookups: sampled } }),
  };
  return { html: pageHtml({ title, head: headHtml(result, title), sections, data }), figures };
}

function figureParts(
  result: Result,
  lookups: LookupTable | undefined,
): readonly { readonly id: string; readonly title: string; readonly figures: readonly Figure[] }[] {
  const series = result.series;
  const place = lookups === undefined ? undefined : placeFigure(lookups);
  const buckets = bucketFigure(result);
  const lookupParts = [...lookupFigures(result), ...(place === undefined ? [] : [place])];
  const tables = buckets === undefined ? [] : [buckets];
  return [
    { id: 'lookups', title: 'Lookups', figures: lookupParts },
    { id: 'values', title: 'Values', figures: valueFigures(result) },
    {
      id: 'time',
      title: 'Over time',
      figures: series === undefined ? [] : timeFigures(series, result.config.faults),
    },
    { id: 'tables', title: 'Routing tables', figures: tables },
  ];
}

function figuresHtml(figures: readonly Figure[]): string {
  return `<div class="figures">\n${figures.map(figureHtml).join('\n')}\n</div>`;
}

function titleOf({ name, config }: Result): string {
  return name ?? `${whole(config.nodes)} nodes, k = ${config.k}, alpha = ${config.alpha}`;
}

/** Eligible nodes at the end: what a bucket's share of the key space is counted from. */
function onlineOf({ tables, config }: Result): number {
  return tables.contacts.count > 0 ? tables.contacts.count : config.nodes;
}

/** Whose machine was too late should not believe a latency on the page. */
function lateHtml({ playing }: Result): string {
  if (playing?.tooLate !== true) return '';
  const late = `${short(playing.lateMs.mean)} ms in the mean`;
  return `<p class="question">The machine was too late for these latencies to mean anything
(timers came ${late} after their time): give it less to do, fewer nodes or a larger
<code>--time-scale</code>.</p>`;
}

function headHtml(result: Result, title: string): string {
  const { config, seed, digest, version, simulatedMs, messages, question } = result;
  const asked = [
    config.lookups > 0 ? `${whole(config.lookups)} lookups` : '',
    config.puts > 0 ? `${whole(config.puts)} PUTs` : '',
    config.gets > 0 ? `${whole(config.gets)} GETs` : '',
    config.workloads.length > 0 ? `${config.workloads.length} further workloads` : '',
  ].filter((part) => part !== '');
  const work = asked.length === 0 ? '' : ` with ${asked.join(', ')}`;
  const isOpen = config.durationMs === 0;
  const measured = isOpen ? 'until the work was done' : `for ${time(config.durationMs)}`;
  const facts =
    `${whole(config.nodes)} nodes${work}, measured ${measured}. ` +
    `${time(simulatedMs)} ${result.host === 'real' ? 'played' : 'simulated'} in all, ` +
    `${whole(messages)} messages.`;
  const proof = digest === undefined ? '' : `, digest <code>${escape(digest)}</code>`;
  return [
    `<p class="kind">${result.host === 'real' ? 'Orrery, real nodes' : 'Orrery simulation'}</p>`,
    `<h1>${escape(title)}</h1>`,
    question === undefined ? '' : `<p class="question">${escape(question)}</p>`,
    `<p class="facts">${escape(facts)}</p>`,
    `<p class="digest">Seed ${escape(String(seed))}, version ${escape(version)}${proof}</p>`,
    lateHtml(result),
  ].join('\n');
}
