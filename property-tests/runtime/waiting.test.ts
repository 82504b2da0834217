// A record's life goes on while its message waits inside a node: for a turn, or for a dial.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Intake } from '../../runtime/intake.ts';
import { Slices } from '../../runtime/slices.ts';
import { decodePeer, encodePeer } from '../../src/codec/peer.ts';
import type { WireMessage } from '../../src/wire-types.ts';
import { endAt, introduceEach } from './link-kit.ts';
import { eventually, newSite } from './node-kit.ts';

const BUSY_MS = 60;
/** Longer than what was read after a pause is taken for old. */
const RESUMED_MS = 1200;

function ping(call: number): Uint8Array {
  return encodePeer({ type: 'request', call, body: { type: 'ping' } });
}

interface Taken {
  readonly intake: Intake<WireMessage>;
  /** How long each message waited. */
  readonly waits: number[];
  readonly block: (isBlocked: boolean) => void;
}

function intakeOf(slices: Slices): Taken {
  const waits: number[] = [];
  let isBlocked = false;
  const intake = new Intake({
    decode: decodePeer,
    slices,
    isOpen: () => true,
    isBlocked: () => isBlocked,
    pause: () => undefined,
    take: (_, waitedMs) => waits.push(waitedMs),
    onIdle: () => undefined,
  });
  return { intake, waits, block: (is) => (isBlocked = is) };
}

/** Keeps the event loop. */
function work(): void {
  const begun = performance.now();
  while (performance.now() - begun < BUSY_MS);
}

test('a message that waited says for how long, each for itself', async (t) => {
  const slices = new Slices();
  const { intake, waits, block } = intakeOf(slices);
  while (!slices.isOver());
  const [first, second] = [ping(1), ping(2)];
  intake.push(Buffer.concat([first, second.subarray(0, 5)]));
  work();
  intake.push(second.subarray(5));
  intake.push(ping(3));
  work();
  await eventually(t, 'taken', () => waits.length === 3);
  const [one = 0, two = 0, three = 0] = waits;
  t.true(one >= 2 * BUSY_MS && two >= 2 * BUSY_MS, 'from its first byte on');
  t.true(three >= BUSY_MS && three < one);

  // What came while nothing was read may have come at once.
  block(true);
  intake.push(ping(4));
  await eventually(t, 'a turn', () => !slices.isOver());
  work();
  intake.push(ping(5));
  block(false);
  intake.askForTurn();
  await eventually(t, 'taken', () => waits.length === 5);
  t.true((waits[4] ?? 0) >= BUSY_MS);

  // What comes long after it did not.
  await delay(RESUMED_MS);
  intake.push(ping(6));
  await eventually(t, 'taken', () => waits.length === 6);
  t.true((waits[5] ?? Infinity) < RESUMED_MS, 'not since the pause');
});

test('pauses that follow upon one another do not make what comes older and older', async (t) => {
  const slices = new Slices();
  const { intake, waits, block } = intakeOf(slices);
  const begun = performance.now();
  for (let round = 0; performance.now() - begun < 8 * RESUMED_MS; round++) {
    // Read for some nine tenths of the time.
    block(true);
    intake.push(ping(2 * round));
    await delay(40);
    block(false);
    intake.askForTurn();
    await eventually(t, 'taken', () => waits.length === 2 * round + 1);
    await delay(300);
    intake.push(ping(2 * round + 1));
    await eventually(t, 'taken', () => waits.length === 2 * round + 2);
  }
  const last = waits.at(-1) ?? Infinity;
  t.true(last < 5 * RESUMED_MS, `${last} ms, and it had just come`);
});

test('a request that waited for a dial leaves as it is then', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  introduceEach(a, b);
  const ages: number[] = [];
  const ask = (call: number): void => {
    a.links.request(a.peerOf(b), call, ping(call), (byMs) => {
      ages.push(byMs);
      return ping(call + 100);
    });
  };
  ask(1);
  work();
  await eventually(t, 'asked', () => b.frames.length === 1);
  t.is(b.frames[0]?.call, 101);
  t.true(ages.length === 1 && (ages[0] ?? 0) >= BUSY_MS);
  ask(2);
  await eventually(t, 'asked', () => b.frames.length === 2);
  t.deepEqual([b.frames[1]?.call, ages.length], [2, 1], 'with a link nothing waits');
});
