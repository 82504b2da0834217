// `orrery replay --at` where no step is recorded: between two lives of a real node, and when a life
// has only begun. What it must show then is what a replay of the earlier life alone ends with.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { Replay } from '../../host/recording/replay.ts';
import { SerialFault } from '../../host/serial/words.ts';
import { readSegment } from '../../runtime/recording/segments.ts';
import { node, run, scratch } from './cli-kit.ts';

const [WHOLE, EARLIER, LATER] = ['two.orrec', 'two.0001.orrec', 'two.0002.orrec'];

test('a replay keeps two lives of a node apart', async (t) => {
  const dir = await scratch(t);
  const between = await liveTwice(t, dir);
  const end = await toldAt(t, dir, EARLIER, '+9h');
  const later = await toldAt(t, dir, LATER, '+9h');
  t.is(end.then['table']?.length, 1);
  t.is(end.then['records']?.length, 2);

  const pause = await toldAt(t, dir, WHOLE, between);
  t.is(pause.instant, 'between lives');
  t.deepEqual([pause.steps, pause.to, pause.then], [end.steps, end.to, end.then]);
  const text = (await run(t, dir, ['replay', WHOLE, '--at', between])).stdout.toString();
  t.regex(text, /^that is between two lives of the node: this is the end of the earlier one$/m);

  // Numbers go on: the last of one life is followed by the first of the other.
  const last = await toldAt(t, dir, WHOLE, `#${end.steps}`);
  t.like(last, { instant: 'recorded', steps: end.steps, then: end.then });
  const first = await toldAt(t, dir, WHOLE, `#${end.steps + 1}`);
  const { then } = await toldAt(t, dir, LATER, '#1');
  t.like(first, { instant: 'recorded', steps: end.steps + 1, then });
  await walkOver(t, dir, end.steps, later.steps);

  await cutToHead(t, join(dir, LATER));
  const begun = await toldAt(t, dir, LATER, '+9h');
  t.is(begun.steps, 0);
  for (const [instant, where, shown] of [
    [between, 'between lives', end],
    [`#${end.steps}`, 'recorded', end],
    [`#${end.steps + 1}`, 'after the end', begun],
    ['+9h', 'after the end', begun],
  ] as const) {
    const told = await toldAt(t, dir, WHOLE, instant);
    const { to, then } = shown;
    t.deepEqual(told, { ...told, instant: where, steps: end.steps, to, then }, instant);
  }
  const records = await walked(t, dir, LATER, 'r\n');
  t.regex(records, /^records: 2$/m);
  const atEnd = await walked(t, dir, WHOLE, '100000\nr\n');
  t.true(atEnd.endsWith(records.slice(records.indexOf('\nrecords: 2\n'))), atEnd);
});

/**
 * Two lives of a node under one recording. Each knows one peer, by the same handle, and not the
 * same one.
 *
 * @returns an instant between them
 */
async function liveTwice(t: ExecutionContext, dir: string): Promise<string> {
  const record = ['--record', WHOLE];
  const one = await node(t, dir, 'one');
  const earlier = await node(t, dir, 'two', '--bootstrap', one.listen, ...record);
  for (const key of ['greeting', 'other']) {
    const put = await run(t, dir, ['put', key, 'hello', '--api', earlier.api]);
    t.is(put.code, 0, put.stderr);
  }
  // What happens is on the disk about a second later.
  const isKept = async (): Promise<boolean> => {
    const { code, stdout } = await run(t, dir, ['replay', WHOLE, '--at', '+9h']);
    const told = stdout.toString();
    return code === 0 && told.includes('\nrecords: 2\n') && told.includes('\ntable: 1\n');
  };
  for (let i = 0; i < 150 && !(await isKept()); i++) await delay(200);
  for (const running of [earlier, one]) {
    running.kill('SIGKILL');
    await running.ended;
  }
  const between = new Date().toISOString();
  await rm(join(dir, 'two', 'peers'), { force: true });
  const three = await node(t, dir, 'three');
  const later = await node(t, dir, 'two', '--bootstrap', three.listen, ...record);
  later.kill('SIGTERM');
  t.is((await later.ended).code, 0);
  return between;
}

/** Each step has a number of its own, and is what a replay of its life alone shows. */
async function walkOver(
  t: ExecutionContext,
  dir: string,
  earlier: number,
  later: number,
): Promise<void> {
  const stepsOf = async (name: string, commands: string): Promise<readonly string[]> =>
    (await walked(t, dir, name, commands)).split(/^(?=#\d+ |started again )/m).slice(1);
  const count = earlier + later;
  const all = await stepsOf(WHOLE, 'n\n'.repeat(count));
  const steps = all.filter((text) => text.startsWith('#'));
  t.is(all.length, steps.length + 1, 'one restart');
  t.deepEqual(
    steps.map((text) => Number(/\d+/.exec(text)?.[0])),
    Array.from({ length: count }, (_, index) => index + 1),
  );
  const lives = [
    ...(await stepsOf(EARLIER, 'n\n'.repeat(earlier))),
    ...(await stepsOf(LATER, 'n\n'.repeat(later))),
  ];
  const timeless = (text: string): string => text.replace(/^#\d+ +\S+/, '');
  t.deepEqual(steps.map(timeless), lives.map(timeless));
  const atOnce = await stepsOf(WHOLE, `${count}\n`);
  t.deepEqual(
    atOnce.filter((text) => text.startsWith('#')),
    steps.slice(-100),
  );
}

async function walked(
  t: ExecutionContext,
  dir: string,
  name: string,
  commands: string,
): Promise<string> {
  const { code, stdout, stderr } = await run(
    t,
    dir,
    ['replay', name, '--step'],
    Buffer.from(commands),
  );
  t.is(code, 0, stderr);
  return stdout.toString();
}

/** A life that ended before a step of it was on the disk. */
async function cutToHead(t: ExecutionContext, file: string): Promise<void> {
  const { words } = await readSegment(file);
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isReadable(words.slice(0, middle))) high = middle;
    else low = middle + 1;
  }
  t.true(low < words.length);
  await writeFile(file, gzipSync(gunzipSync(await readFile(file)).subarray(0, 4 * low)));
}

function isReadable(words: Int32Array): boolean {
  try {
    return new Replay(words).state.self >= 0;
  } catch (error) {
    if (error instanceof SerialFault) return false;
    throw error;
  }
}

interface Told {
  readonly steps: number;
  readonly to: string;
  readonly instant: string;
  readonly then: Readonly<Record<string, readonly unknown[]>>;
}

async function toldAt(
  t: ExecutionContext,
  dir: string,
  name: string,
  instant: string,
): Promise<Told> {
  const { stdout, stderr } = await run(t, dir, ['replay', name, '--at', instant, '--json']);
  t.is(stderr, '');
  return JSON.parse(stdout.toString()) as Told;
}
