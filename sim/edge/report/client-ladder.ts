/**
 * The picture of one lookup in the key space, drawn in the reader's browser: from left to right the
 * leading bits that a node shares with the target, from top to bottom the hops. Every column is
 * half as wide in the key space as the one before it, so a step to the right halves what is left.
 *
 * Rule: these functions are sent to the page as text. They use one another and nothing else of
 * their modules: no imports but types, no constants outside a function. What they are given is
 * numbers and hex digits; all other text is set by the picker, as text.
 */

import type { SampledLookup } from './lookup-sample.ts';

/** A node of the path; the asker comes first. */
export interface Rung {
  readonly role: string;
  readonly node: string;
  readonly bits: string;
  /** Leading bits that it shares with the target, of the first 32. */
  readonly shared: number;
  /** The same with a fraction: how far into the column it lies; 32 for the target itself. */
  readonly depth: number;
}

export function rungsOf(lookup: SampledLookup): readonly Rung[] {
  const target = Number.parseInt(lookup.target, 16);
  return [lookup.asker, ...lookup.path].map((name, hop) => {
    const [node = '', hex = '0'] = name.split(':');
    const word = Number.parseInt(hex, 16);
    const distance = (word ^ target) >>> 0;
    return {
      role: hop === 0 ? 'asker' : `hop ${hop}`,
      node,
      bits: bitsOf(hex),
      shared: Math.clz32(distance),
      depth: distance === 0 ? 32 : 32 - Math.log2(distance),
    };
  });
}

export function bitsOf(hex: string): string {
  return Number.parseInt(hex, 16).toString(2).padStart(32, '0');
}

/** How many columns show all of a path and the place where about one node is left. */
export function columnsFor(rungs: readonly Rung[], nodes: number): number {
  const deepest = rungs.map(({ shared }) => (shared >= 32 ? 0 : shared + 1));
  return Math.min(32, Math.max(4, Math.ceil(Math.log2(nodes)) + 1, ...deepest));
}

/** @param width in pixels; the height follows from the path */
export function ladderSvg(lookup: SampledLookup, nodes: number, width: number): string {
  const rungs = rungsOf(lookup);
  const columns = columnsFor(rungs, nodes);
  const isNarrow = width < 600;
  const left = isNarrow ? 78 : 128;
  const right = width - (isNarrow ? 26 : 64);
  const top = 66;
  const gap = isNarrow ? 52 : 58;
  const bottom = top + gap * rungs.length;
  const xOf = (depth: number): number =>
    depth >= 32
      ? right + (width - right) / 2
      : left + (Math.min(depth, columns) * (right - left)) / columns;
  const yOf = (row: number): number => top + gap * (row + 0.5);
  const points = rungs.map((rung, row) => ({ x: xOf(rung.depth), y: yOf(row) }));
  const parts = [
    ladderColumns(columns, nodes, left, right, top, bottom),
    `<line class="target" x1="${xOf(32)}" x2="${xOf(32)}" y1="${top - 6}" y2="${bottom}"/>`,
    `<text class="strong end" x="${width}" y="18">target</text>`,
    ...rungs.map((rung, row) => {
      const y = yOf(row);
      return (
        `<line class="rung" x1="${left}" x2="${xOf(32)}" y1="${y}" y2="${y}"/>` +
        `<text class="strong" x="0" y="${y - 3}">${rung.role}</text>` +
        `<text x="0" y="${y + 14}">node ${rung.node}</text>`
      );
    }),
    ...ladderSteps(points),
    ...points.map(({ x, y }, row) => {
      const kind = row === 0 ? 'asker' : row === points.length - 1 ? 'last' : 'hop';
      const radius = row === 0 ? 7 : 8;
      return `<circle class="node ${kind}" cx="${x.toFixed(1)}" cy="${y}" r="${radius}"/>`;
    }),
  ];
  return (
    `<svg class="ladder" role="img" viewBox="0 0 ${width} ${bottom + 8}" width="${width}" ` +
    `height="${bottom + 8}" ` +
    `aria-label="Path of lookup ${lookup.lookup}: ${rungs.length - 1} hops">` +
    `${parts.join('')}</svg>`
  );
}

/** Arrows from each node of the path to the next. */
export function ladderSteps(
  points: readonly { readonly x: number; readonly y: number }[],
): readonly string[] {
  return points.slice(1).map((to, i) => {
    const from = points[i] ?? to;
    const at = (x: number, y: number): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
    const [x1, y1, x2, y2] = [from.x, from.y + 9, to.x, to.y - 11];
    const bend = (y2 - y1) * 0.6;
    const curve = `M${at(x1, y1)}C${at(x1, y1 + bend)} ${at(x2, y2 - bend)} ${at(x2, y2)}`;
    const head = `M${at(x2 - 5, y2 - 7)}L${at(x2, y2)}L${at(x2 + 5, y2 - 7)}`;
    return `<path class="step" d="${curve}"/><path class="head" d="${head}"/>`;
  });
}

/** One column per shared bit, with its number and about how many nodes there are in it. */
export function ladderColumns(
  columns: number,
  nodes: number,
  left: number,
  right: number,
  top: number,
  bottom: number,
): string {
  const width = (right - left) / columns;
  const every = Math.ceil(34 / width);
  const parts = [
    '<text class="small" x="0" y="18">shared bits</text>',
    '<text class="small" x="0" y="38">nodes there</text>',
  ];
  for (let column = 0; column < columns; column++) {
    const x = left + column * width;
    const middle = (x + width / 2).toFixed(1);
    if (column % 2 === 0) {
      const box = `x="${x.toFixed(1)}" y="${top - 14}" width="${width.toFixed(1)}"`;
      parts.push(`<rect class="column" ${box} height="${bottom - top + 14}"/>`);
    }
    if (column % every !== 0) continue;
    const there = nodes / 2 ** (column + 1);
    const count = there >= 1e6 ? `${Math.round(there / 1e5) / 10}M` : compact(there);
    parts.push(`<text class="middle" x="${middle}" y="18">${column}</text>`);
    parts.push(`<text class="small middle" x="${middle}" y="38">${count}</text>`);
  }
  return parts.join('');
}

export function compact(count: number): string {
  if (count >= 10_000) return `${Math.round(count / 1000)}k`;
  if (count >= 1000) return `${Math.round(count / 100) / 10}k`;
  return count >= 1 ? String(Math.round(count)) : '&lt;1';
}
