// What the tiles and the warnings of the dashboard show, in a real browser, is what the node says
// of itself elsewhere: what it stores, with whom, and how fast it serves its clients.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { Observed } from '../../runtime/admin/observed.ts';
import type { Snapshot } from '../../runtime/admin/snapshot.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { openPage, texts } from '../report/browser-kit.ts';
import type { BrowserPage } from '../report/browser-kit.ts';
import { addressOf, ask } from './admin-kit.ts';
import { keyOf, says, scene } from './dashboard-kit.ts';
import { clientOf } from './node-kit.ts';

type Status = Observed & { readonly warnings: readonly string[] };

/** Small enough for the ten values to be a part of it that is shown. */
const QUOTA = { keys: 40, bytes: 100 * 1024 };

test('what is stored, with whom, what was odd and how fast it is', async (t) => {
  const { first } = await scene(t, 5, { config: { quota: QUOTA } });
  const opened = await openPage(t, addressOf(first));
  if (opened === undefined) return;
  const { page, noise } = opened;
  await says(t, page, '#state', /^live$/);
  const shows = async (selector: string, text: (status: Status) => string): Promise<void> => {
    await agree(t, async () => [
      text(await statusOf(t, first)),
      (await texts(page, selector)).join('\n'),
    ]);
  };
  const { records, repair } = await statusOf(t, first);
  t.true(records.keys > 0 && repair.fellows > 0);
  const part = (some: number, all: number): string => `(${Math.round((100 * some) / all)} %)`;
  await shows('#keys-of', (now) => `of 40 keys ${part(now.records.keys, QUOTA.keys)}`);
  await shows('#bytes-of', (now) => {
    const kib = (now.records.bytes / 1024).toFixed(1);
    return `${kib} KiB of 100 KiB ${part(now.records.bytes, QUOTA.bytes)}`;
  });
  await says(t, page, '#repair', /^all answer$/);
  await shows('#fellows', (now) => {
    return `${now.repair.fellows} fellow${now.repair.fellows === 1 ? '' : 's'} share records`;
  });
  // All ten were put through this node.
  await says(t, page, '#published', /^10 records of its own to be republished$/);

  t.deepEqual(await texts(page, '#warnings li'), []);
  await says(t, page, '#no-warnings:not([hidden])', /^None\.$/);
  const socket = connect(first.api ?? t.fail(), () => socket.end('nonsense'.repeat(8)));
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await says(t, page, '#warnings', / warn client closed {2}from=127\.0\.0\.1/);
  await shows('#warnings li', (now) => now.warnings.toReversed().join('\n'));
  t.deepEqual(await texts(page, '#no-warnings:not([hidden])'), []);

  await readsAreShown(t, page, first);
  t.deepEqual(noise, []);
});

async function statusOf(t: ExecutionContext, node: RunningNode): Promise<Status> {
  return JSON.parse((await ask(t, node, '/status')).body) as Status;
}

/** Waits until both are the same: the page is told once a second. */
async function agree(
  t: ExecutionContext,
  both: () => Promise<readonly [expected: string, shown: string]>,
): Promise<void> {
  const until = performance.now() + 15_000;
  for (;;) {
    const [expected, shown] = await both();
    if (expected === shown || performance.now() > until) {
      t.is(shown, expected);
      return;
    }
    await delay(50);
  }
}

/** Reads without a pause show as a rate, while nothing is written; then as times. */
async function readsAreShown(
  t: ExecutionContext,
  page: BrowserPage,
  node: RunningNode,
): Promise<void> {
  const client = await clientOf(t, node);
  const load = { reads: 10, isOver: false };
  const reading = (async () => {
    while (!load.isOver || load.reads < READS_MIN) {
      await client.get(keyOf(load.reads % 10));
      load.reads += 1;
      await delay(20);
    }
  })();
  const rate = await says(t, page, '#reads-rate', /^(?!0\.0 )[\d,]+(?:\.\d)? \/s$/);
  // Of the last five seconds; one may be under way.
  const most = load.reads + 1;
  t.true(5 * Number.parseFloat(rate.replace(',', '')) <= most, `${rate} of ${most}`);
  await says(t, page, '#writes-rate', /^0\.0 \/s$/);
  await says(t, page, '#clients', /^2 clients connected$/);
  load.isOver = true;
  await reading;
  await says(t, page, '#reads-rate', /^0\.0 \/s$/);
  await agree(t, async () => {
    const { reads } = JSON.parse(String(await page.evaluate(LAST_TOLD))) as Snapshot;
    const shown = await texts(page, '#reads-p50, #reads-p95, #reads-p99');
    return [[reads.p50, reads.p95, reads.p99].map(timeText).join(), shown.join()];
  });
  const times = await texts(page, '#reads-p50, #reads-p95, #reads-p99');
  const [p50 = 0, p95 = 0, p99 = 0] = times.map(Number.parseFloat);
  t.true(p50 > 0, times.join());
  t.true(times.some((text) => text.endsWith(' s')) || (p50 <= p95 && p95 <= p99), times.join());
}

/** So many that the higher percentiles need not be one. */
const READS_MIN = 40;

/** To a tenth of a ms, or a hundredth of a second. */
function timeText(ms = NaN): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** Who listens is told the last observation at once. */
const LAST_TOLD = `new Promise((resolve) => {
  const source = new EventSource('/events');
  source.addEventListener('message', ({ data }) => {
    source.close();
    resolve(data);
  });
})`;
