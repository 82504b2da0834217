// A clean stop whose parts hang: it is over by its instants all the same, says what is left, and
// throws only when what is on disk was not closed. The real clock; how late timers come on this
// machine meanwhile is measured beside it and allowed for.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { STOP_CLOSED_MS, STOP_DRAINED_MS, STOP_LEFT_MS } from '../../runtime/bounds.ts';
import { silentLog } from '../../runtime/log.ts';
import type { LogFields } from '../../runtime/log.ts';
import { stopCleanly, within } from '../../runtime/stopping.ts';
import type { StopParts } from '../../runtime/stopping.ts';
import { measureLateness } from '../lateness.ts';

type Part = 'clients' | 'core' | 'saved peers' | 'links' | 'records';

interface Stopped {
  readonly tookMs: number;
  /** When the core was told to leave, and the rest to close. */
  readonly leaveMs: number;
  readonly tearDownMs: number;
  readonly fault: string | undefined;
  readonly warnings: readonly string[];
  readonly cuts: number;
}

const never = new Promise<never>(() => undefined);

/** Stops what consists of these parts, some of which never end. */
async function stopWith(...hanging: readonly Part[]): Promise<Stopped> {
  const begunAt = performance.now();
  const at = { leaveMs: NaN, tearDownMs: NaN };
  const warnings: string[] = [];
  let cuts = 0;
  const ending = (part: Part): Promise<void> => (hanging.includes(part) ? never : delay(1));
  const parts: StopParts = {
    operations: {
      count: 3,
      whenIdle: (limitMs) => within(ending('clients'), limitMs),
      run: async () => {
        at.leaveMs = performance.now() - begunAt;
        await ending('core');
        return { type: 'left' };
      },
    },
    api: {
      close: () => ending('clients'),
      cut: () => {
        cuts += 1;
      },
    },
    log: { ...silentLog, warn: (_: LogFields, message: string) => void warnings.push(message) },
    savePeers: () => ending('saved peers'),
    tearDown: () => {
      at.tearDownMs = performance.now() - begunAt;
      return new Map([
        ['links', ending('links')],
        ['records', ending('records')],
      ]);
    },
  };
  const fault = await stopCleanly(parts).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  return { tookMs: performance.now() - begunAt, ...at, fault, warnings, cuts };
}

test('a stop whose parts hang is over in time', async (t) => {
  const late = measureLateness();
  t.teardown(late.end);
  const [all, peers, links, none] = await Promise.all([
    stopWith('clients', 'core', 'saved peers', 'links', 'records'),
    stopWith('saved peers'),
    stopWith('clients', 'core', 'links'),
    stopWith(),
  ]);
  const slackMs = SLACK_MS + late.mostMs();
  const inTime = (tookMs: number, limitMs: number, what: string): void => {
    t.true(tookMs <= limitMs + slackMs, `${what} after ${tookMs} ms, of ${limitMs} and ${slackMs}`);
  };
  for (const one of [all, peers, links]) inTime(one.tookMs, STOP_CLOSED_MS, 'over');
  for (const one of [all, links]) {
    inTime(one.leaveMs, STOP_DRAINED_MS, 'leaving');
    inTime(one.tearDownMs, STOP_LEFT_MS, 'closing');
    t.deepEqual(one.warnings, [
      'stopping before all requests were answered',
      'stopping before all contacts have confirmed the farewell',
    ]);
    t.is(one.cuts, 1);
  }
  t.is(all.fault, 'Error: the disk does not close records, saved peers');
  t.is(peers.fault, 'Error: the disk does not close saved peers');
  t.is(links.fault, undefined, 'links may be cut off');
  inTime(none.tookMs, 0, 'over');
  t.like(none, { fault: undefined, warnings: [], cuts: 0 });
});

/** A promise kept by half a second less than it gives: 10 s. */
const SLACK_MS = 400;
