/**
 * The picker of lookups in the reader's browser: buttons, a number and keys choose one of the
 * lookups that the page carries, and its path and facts are drawn.
 *
 * Rule: see client-ladder.ts; these functions are sent to the page as text. Data reaches the page
 * as text or as digits that were checked when the report was made.
 */

import type { Page, PageElement, PageEvent, PageWindow } from './client-dom.ts';
import { bitsOf, columnsFor, ladderSvg, rungsOf } from './client-ladder.ts';
import type { SampledLookup } from './lookup-sample.ts';

export interface PickerData {
  readonly nodes: number;
  readonly total: number;
  /** In the order of the workload. */
  readonly lookups: readonly SampledLookup[];
}

export function startPicker(page: Page, window: PageWindow): void {
  const root = page.querySelector('#picker');
  const source = page.querySelector('#picker-data');
  if (root === null || source === null) return;
  const data = JSON.parse(source.textContent) as PickerData;
  const slowest = data.lookups
    .map((_, index) => index)
    .sort((a, b) => (data.lookups[b]?.tookMs ?? 0) - (data.lookups[a]?.tookMs ?? 0) || a - b);
  let chosen = longestPath(data.lookups);
  let chance = 1;
  const show = (index: number, note = ''): void => {
    chosen = (index + data.lookups.length) % data.lookups.length;
    showLookup(root, data, chosen, note);
  };
  const go = (where: string): void => {
    if (where === 'next') show(chosen + 1);
    else if (where === 'previous') show(chosen - 1);
    else if (where === 'first') show(0);
    else if (where === 'last') show(data.lookups.length - 1);
    else if (where === 'failed') show(nextFailure(data.lookups, chosen));
    else if (where === 'slowest') {
      // The slowest first; from there, always the next slower of those that are faster.
      const rank = slowest.indexOf(chosen);
      const isOnTheWay = root.dataset['last'] === 'slowest';
      show(slowest[isOnTheWay ? (rank + 1) % slowest.length : 0] ?? 0);
    } else if (where === 'random') {
      chance = (chance * 48_271) % 2_147_483_647;
      show(chance % data.lookups.length);
    }
    root.dataset['last'] = where;
  };
  root.addEventListener('click', ({ target }) => {
    const where = target.closest('[data-go]')?.dataset['go'];
    if (where !== undefined) go(where);
  });
  root.addEventListener('keydown', (event) => {
    const where = keyMeaning(event);
    if (where === undefined) return;
    event.preventDefault();
    go(where);
  });
  const number = root.querySelector('input');
  number?.addEventListener('change', () => {
    const wanted = Number(number.value);
    const index = nearestLookup(data.lookups, wanted);
    const isThere = data.lookups[index]?.lookup === wanted;
    show(index, isThere ? '' : `Lookup ${wanted} is not on this page: this is the nearest one.`);
  });
  window.addEventListener('resize', () => show(chosen));
  show(chosen);
}

export function keyMeaning(event: PageEvent): string | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.target.closest('input, summary, .scroll') !== null) return undefined;
  const meanings: Record<string, string> = {
    ArrowRight: 'next',
    ArrowLeft: 'previous',
    Home: 'first',
    End: 'last',
    s: 'slowest',
    f: 'failed',
    r: 'random',
  };
  return meanings[event.key];
}

export function longestPath(lookups: readonly SampledLookup[]): number {
  let best = 0;
  lookups.forEach(({ path }, index) => {
    if (path.length > (lookups[best]?.path.length ?? 0)) best = index;
  });
  return best;
}

export function nextFailure(lookups: readonly SampledLookup[], from: number): number {
  for (let step = 1; step <= lookups.length; step++) {
    const index = (from + step) % lookups.length;
    if (lookups[index]?.succeeded === false) return index;
  }
  return from;
}

export function nearestLookup(lookups: readonly SampledLookup[], wanted: number): number {
  let best = 0;
  lookups.forEach(({ lookup }, index) => {
    const far = Math.abs(lookup - wanted);
    if (far < Math.abs((lookups[best]?.lookup ?? 0) - wanted)) best = index;
  });
  return best;
}

export function showLookup(root: PageElement, data: PickerData, index: number, note: string): void {
  const lookup = data.lookups[index];
  const part = (name: string): PageElement | null => root.querySelector(`[data-part="${name}"]`);
  const [drawing, facts, bits, said] = ['drawing', 'facts', 'bits', 'note'].map(part);
  if (lookup === undefined || !drawing || !facts || !bits || !said) return;
  const width = Math.min(1072, Math.max(320, drawing.clientWidth));
  drawing.innerHTML = ladderSvg(lookup, data.nodes, width);
  bits.innerHTML = bitRows(lookup, data.nodes);
  said.textContent = note;
  const input = root.querySelector('input');
  if (input !== null) input.value = String(lookup.lookup);
  const place = lookup.place === '' ? '' : ` in ${lookup.place}`;
  const end = lookup.succeeded ? (lookup.exact ? 'exact' : 'not exact') : 'failed';
  const hops = lookup.hops === null ? 'reached none of the nearest' : `${lookup.hops} hops`;
  facts.textContent =
    `Lookup ${lookup.lookup} (${index + 1} of ${data.lookups.length} on this page): ${end}, ` +
    `${hops}, ${Math.round(lookup.tookMs)} ms, ${lookup.requests} requests, ${lookup.replies} ` +
    `replies. Asked by node ${lookup.asker.split(':')[0] ?? ''}${place} ` +
    `at ${(lookup.startMs / 1000).toFixed(1)} s.`;
}

/** The path as rows of bits, the shared prefix marked. */
export function bitRows(lookup: SampledLookup, nodes: number): string {
  const rungs = rungsOf(lookup);
  const shown = Math.min(32, 4 * Math.ceil((columnsFor(rungs, nodes) + 1) / 4));
  const row = (role: string, node: string, bits: string, shared: number): string => {
    const same = bits.slice(0, Math.min(shared, shown));
    const rest = bits.slice(same.length, shown);
    const left = nodes / 2 ** shared;
    const about = shared >= 32 ? 'itself' : left >= 1 ? `about ${Math.round(left)}` : 'below 1';
    return (
      `<tr><th scope="row">${role}</th><td>${node}</td>` +
      `<td class="bits"><b>${same}</b>${rest}</td>` +
      `<td>${shared >= 32 ? 'all' : shared}</td><td>${about}</td></tr>`
    );
  };
  return [
    ...rungs.map(({ role, node, bits, shared }) => row(role, node, bits, shared)),
    row('target', '', bitsOf(lookup.target), 32),
  ].join('');
}
