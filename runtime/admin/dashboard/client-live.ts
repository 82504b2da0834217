/**
 * The page and its node, in the reader's browser: listening, saying when the node is gone and when
 * it is back, and the links to the other nodes of a cluster.
 *
 * Rule: see client-build.ts; these functions are sent to the page as text.
 */
import type { Snapshot } from '../snapshot.ts';
import { make, renew, say, spanText, the } from './client-build.ts';
import type { Page, PageWindow } from './client-dom.ts';
import { startLookup } from './client-lookup.ts';
import { showAll } from './client-parts.ts';
import type { View } from './client-view.ts';

export function start(page: Page, window: PageWindow): void {
  const view: View = {
    page,
    window,
    snapshot: undefined,
    lookup: undefined,
    changes: [],
    heardAt: undefined,
    back: undefined,
    isGone: false,
  };
  startLookup(view);
  showCluster(view);
  window.addEventListener('hashchange', () => showCluster(view));
  window.setInterval(() => showState(view), 500);
  listen(view);
}

/** A browser gives up for good on some errors: each time it is begun anew. */
export function listen(view: View): void {
  const source = new view.window.EventSource('/events');
  const end = (): void => {
    source.close();
    view.isGone = true;
    showState(view);
    view.window.setTimeout(() => listen(view), 2000);
  };
  source.addEventListener('error', end);
  source.addEventListener('end', end);
  source.addEventListener('message', ({ data }) => {
    const now = view.window.performance.now();
    const silentMs = now - (view.heardAt ?? now);
    if (view.isGone && view.heardAt !== undefined) {
      view.back = { at: now, seconds: Math.round(silentMs / 1000) };
    }
    view.isGone = false;
    view.heardAt = now;
    showAll(view, JSON.parse(data) as Snapshot);
    showState(view);
  });
}

export function showState(view: View): void {
  const { page, window, heardAt, back } = view;
  const now = window.performance.now();
  const silentMs = heardAt === undefined ? 0 : now - heardAt;
  // A node that stands still keeps its connections open.
  if (silentMs > 4000) view.isGone = true;
  const [state, since] = [the(page, '#state'), the(page, '#since')];
  const name = view.snapshot?.listen ?? '';
  const kind = view.isGone ? 'gone' : heardAt === undefined ? 'wait' : 'live';
  if (kind === 'gone') {
    say(state, 'node gone');
    say(since, heardAt === undefined ? 'never heard of' : `since ${spanText(silentMs / 1000)}`);
  } else {
    const isLeaving = view.snapshot?.leaving === true;
    say(state, kind === 'wait' ? 'connecting' : isLeaving ? 'leaving' : 'live');
    const isNews = back !== undefined && now - back.at < 15_000;
    say(since, isNews ? `heard of again after ${spanText(back.seconds)}` : '');
  }
  state.dataset['state'] = kind;
  the(page, '#main').dataset['state'] = kind;
  const title = `${name === '' ? '' : `${name} – `}Orrery node`;
  page.title = kind === 'gone' ? `gone: ${title}` : title;
}

/** `#nodes=8501-8505`: the dashboards of a cluster are on these ports of this host. */
export function showCluster({ page, window }: View): void {
  const { hash, hostname, port: own } = window.location;
  const [, low, high] = /^#nodes=(\d{1,5})-(\d{1,5})$/.exec(hash) ?? [];
  const first = Number(low ?? 0);
  const count = Math.min(500, Number(high ?? -1) - first + 1);
  const nav = the(page, '#cluster');
  nav.hidden = count < 1;
  if (count < 1) return;
  renew(nav, hash, () =>
    Array.from({ length: count }, (_, index) => {
      const port = String(first + index);
      const href = `http://${hostname}:${port}/${hash}`;
      const here: Readonly<Record<string, string>> = port === own ? { 'aria-current': 'page' } : {};
      return make(page, 'a', { href, ...here }, `node ${index + 1}`);
    }),
  );
}
