/**
 * Building the page and writing numbers, in the reader's browser.
 *
 * Rule: the functions of all `client-*.ts` are sent to the page as text. They use one another and
 * nothing else of their modules: no imports but these and types, no constants outside a function.
 * What the node says is set as text, never as HTML.
 */
import type { Page, PageElement } from './client-dom.ts';

/** An element that the page must have. */
export function the(page: Page, selector: string): PageElement {
  const found = page.querySelector(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

export function make(
  page: Page,
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (PageElement | string)[]
): PageElement {
  const element = page.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function draw(
  page: Page,
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (PageElement | string)[]
): PageElement {
  const element = page.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(
      name,
      typeof value === 'number' ? String(Math.round(value * 100) / 100) : value,
    );
  }
  element.append(...children);
  return element;
}

/** Sets a text only where it changes: what a reader has marked stays marked. */
export function say(element: PageElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Builds the inside anew only where what it shows has changed. */
export function renew(
  element: PageElement,
  shown: unknown,
  build: () => readonly (PageElement | string)[],
): void {
  const now = JSON.stringify(shown);
  if (element.dataset['shown'] === now) return;
  element.dataset['shown'] = now;
  element.replaceChildren(...build());
}

/** Rows of a table, each cell a text; the first of a row is its header. */
export function fillRows(
  page: Page,
  body: PageElement,
  rows: readonly (readonly string[])[],
  empty: string,
): void {
  const columns = rows[0]?.length ?? 0;
  const shape = rows.length === 0 ? empty : `${rows.length} rows of ${columns}`;
  renew(body, shape, () =>
    rows.length === 0
      ? [make(page, 'tr', {}, make(page, 'td', { colspan: '9', class: 'muted' }, empty))]
      : rows.map((cells) =>
          make(
            page,
            'tr',
            {},
            ...cells.map((_, column) =>
              column === 0 ? make(page, 'th', { scope: 'row' }) : make(page, 'td', {}),
            ),
          ),
        ),
  );
  rows.forEach((cells, at) => {
    const row = body.children[at];
    cells.forEach((text, column) => {
      const cell = row?.children[column];
      if (cell !== undefined) say(cell, text);
    });
  });
}

export function counted(count: number, noun: string, plural: string): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** Digits in threes. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  const digits = unit === 0 || size >= 100 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[unit] ?? ''}`;
}

export function msText(ms: number | undefined): string {
  if (ms === undefined) return 'none yet';
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** The two greatest units. */
export function spanText(seconds: number): string {
  const whole = Math.floor(seconds);
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24];
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** How a person tells peers apart: by where they are, or by name where that is not known. */
export function peerText({
  name,
  at,
}: {
  readonly name: string;
  readonly at?: string | undefined;
}): string {
  return at === undefined ? name : `${at} (${name})`;
}
