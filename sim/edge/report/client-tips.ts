/**
 * What a figure says of the point under the pointer, or of the point that the arrow keys chose, and
 * the choice of a measure in the comparison of a sweep; in the reader's browser.
 *
 * Rule: see client-ladder.ts; these functions are sent to the page as text.
 */

import type { Page, PageElement, PageEvent } from './client-dom.ts';

interface Form {
  readonly width: number;
  readonly points: readonly (readonly [number, number | null])[];
}

export interface PointData {
  readonly id: string;
  readonly texts: readonly string[];
  readonly wide: Form;
  readonly narrow: Form;
}

export function startTips(page: Page): void {
  const source = page.querySelector('#point-data');
  if (source === null) return;
  const all = JSON.parse(source.textContent) as readonly PointData[];
  for (const plot of page.querySelectorAll('[data-plot]')) {
    const data = all.find(({ id }) => id === plot.dataset['plot']);
    if (data !== undefined && data.texts.length > 0) startTip(plot, data);
  }
}

export function startTip(plot: PageElement, data: PointData): void {
  let at = -1;
  const hide = (): void => {
    at = -1;
    for (const part of plot.querySelectorAll('.tip, .guide')) part.hidden = true;
  };
  const show = (index: number): void => {
    at = index;
    showTip(plot, data, index);
  };
  const follow = (event: PageEvent): void => {
    show(nearestPoint(plot, data, event));
  };
  plot.addEventListener('pointermove', follow);
  plot.addEventListener('pointerdown', follow);
  plot.addEventListener('pointerleave', hide);
  plot.addEventListener('blur', hide);
  plot.addEventListener('keydown', (event) => {
    const count = data.texts.length;
    if (event.key === 'Escape') hide();
    else if (event.key === 'ArrowRight') show(Math.min(count - 1, at + 1));
    else if (event.key === 'ArrowLeft') show(Math.max(0, at - 1));
    else if (event.key === 'Home') show(0);
    else if (event.key === 'End') show(count - 1);
    else return;
    event.preventDefault();
  });
}

/** The form that is shown, and how many screen pixels one of its own takes. */
export function shownForm(
  plot: PageElement,
  data: PointData,
): { readonly form: Form; readonly scale: number; readonly height: number } {
  const wide = plot.querySelector('.wide')?.getBoundingClientRect();
  const narrow = plot.querySelector('.narrow')?.getBoundingClientRect();
  const isWide = wide !== undefined && wide.width > 0;
  const box = isWide ? wide : narrow;
  const form = isWide ? data.wide : data.narrow;
  return { form, scale: (box?.width ?? 1) / form.width, height: box?.height ?? 0 };
}

export function nearestPoint(plot: PageElement, data: PointData, event: PageEvent): number {
  const { form, scale } = shownForm(plot, data);
  const box = plot.getBoundingClientRect();
  const [x, y] = [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
  let best = 0;
  let least = Infinity;
  form.points.forEach(([px, py], index) => {
    const far = (px - x) ** 2 + (py === null ? 0 : (py - y) ** 2);
    if (far < least) [best, least] = [index, far];
  });
  return best;
}

export function showTip(plot: PageElement, data: PointData, index: number): void {
  const tip = plot.querySelector('.tip');
  const guide = plot.querySelector('.guide');
  const { form, scale, height } = shownForm(plot, data);
  const [x, y] = form.points[index] ?? [0, null];
  if (tip === null || guide === null) return;
  tip.textContent = data.texts[index] ?? '';
  tip.hidden = false;
  guide.hidden = false;
  const room = plot.clientWidth;
  const width = tip.getBoundingClientRect().width;
  tip.style.left = `${Math.max(0, Math.min(room - width, x * scale - width / 2))}px`;
  tip.style.top = y === null ? '0px' : `${Math.max(0, y * scale - 46)}px`;
  guide.style.left = `${x * scale}px`;
  guide.style.top = y === null ? '0px' : `${y * scale - 8}px`;
  guide.style.height = y === null ? `${height}px` : '16px';
}

export function startMeasures(page: Page): void {
  const select = page.querySelector('#measure');
  if (select === null) return;
  const show = (): void => {
    for (const part of page.querySelectorAll('[data-measure]')) {
      part.hidden = part.dataset['measure'] !== select.value;
    }
  };
  select.addEventListener('change', show);
  show();
}
