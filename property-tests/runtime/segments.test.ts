// The files of a recording: their order and bounds however many there are, what an unreadable one
// costs, and that nothing the disk does to them ends the node.
import { mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { segmentPath } from '../../host/recording/form.ts';
import type { RunningNode } from '../../runtime/node.ts';
import type { RecordingOptions } from '../../runtime/recording/recording.ts';
import { prepareSegments, segmentsAt, segmentsOf } from '../../runtime/recording/segments.ts';
import { trimSegments } from '../../runtime/recording/segments.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { run } from '../cli/cli-kit.ts';
import { ask, metric } from './admin-kit.ts';
import { ANY_PORT, clientOf, eventually, identityAt, newKey } from './node-kit.ts';
import { newSite, nodeAt, valueOf } from './node-kit.ts';

test('ten thousand segments are in order, and the oldest go first', async (t) => {
  const path = join(await scratch(t), 'node.orrec');
  const numbers = [9998, 9999, 10_000, 10_001];
  for (const number of numbers) await writeFile(segmentPath(path, number), 'x'.repeat(10));
  t.deepEqual(
    await segmentsAt(path),
    numbers.map((number) => segmentPath(path, number)),
  );
  await trimSegments(path, 25);
  t.deepEqual(
    await segmentsAt(path),
    [10_000, 10_001].map((number) => segmentPath(path, number)),
  );
  await trimSegments(path, 1);
  t.deepEqual(await segmentsAt(path), [segmentPath(path, 10_001)], 'the newest stays');
  t.is(await prepareSegments(path), 10_001);
});

test('an empty file is of a node that did not start, and its number is used again', async (t) => {
  const path = join(await scratch(t), 'node.orrec');
  t.is(await prepareSegments(path), 0);
  t.is(await prepareSegments(path), 0);
  await writeFile(segmentPath(path, 1), 'x');
  t.is(await prepareSegments(path), 1);
  t.deepEqual(await segmentsOf(path), [segmentPath(path, 1)]);
});

test('a node whose port is taken leaves its recording as it was', async (t) => {
  const site = await newSite(t);
  const other = await nodeAt(t, site, 'other', { admin: ANY_PORT });
  const record = recordAt(site.dir, 10_000_000);
  const identity = await identityAt(site, 'n');
  const start = (admin = other.admin): Promise<RunningNode> =>
    nodeAt(t, site, 'n', { identity, admin, record });
  await t.throwsAsync(start(), { message: /in use/ });
  t.deepEqual(await segmentsAt(record.path), []);
  await (await start(ANY_PORT)).close();
  const files = await segmentsAt(record.path);
  t.true(files.length > 0);
  await t.throwsAsync(start(), { message: /in use/ });
  t.deepEqual(await segmentsAt(record.path), files);
});

test('a segment that begins with nothing readable costs itself alone', async (t) => {
  const { dir, files, all } = await finished(t);
  t.like(all, { code: 0, equal: true });
  await truncate(join(dir, files[0] ?? ''), 3);
  await truncate(join(dir, files[2] ?? ''), 3);
  const rest = await replayedIn(t, dir);
  t.is(rest.code, 1);
  t.is(rest.gaps.filter((gap) => gap.startsWith('left out: ')).length, 2, rest.gaps.join());
  t.true(rest.steps > 0 && rest.steps < all.steps);
  for (const name of files) await truncate(join(dir, name), 3);
  const none = await run(t, dir, ['replay', 'seg.orrec']);
  t.is(none.code, 2);
  t.regex(none.stderr, /seg\.0001\.orrec/);
});

test('what is damaged costs what stands behind it in its segment, and is named', async (t) => {
  const { dir, files, all } = await finished(t);
  for (const spoil of [otherBytes, strangeEntry]) {
    for (const at of [0, 1]) {
      const file = join(dir, files[at] ?? '');
      const whole = await readFile(file);
      await writeFile(file, spoil(whole));
      const rest = await replayedIn(t, dir);
      t.is(rest.code, 1);
      if (spoil === strangeEntry) t.is(rest.steps, all.steps);
      else t.true(rest.steps > 0 && rest.steps < all.steps, `${rest.steps} of ${all.steps}`);
      t.regex(rest.gaps[0] ?? '', new RegExp(`^seg.000${at + 1}.orrec is damaged`));
      const walk = await run(t, dir, ['replay', 'seg.orrec', '--step'], Buffer.from('100000\n'));
      t.is(walk.code, 1);
      for (const gap of rest.gaps) t.true(walk.stdout.includes(gap), gap);
      await writeFile(file, whole);
    }
  }
  t.like(await replayedIn(t, dir), { code: 0, equal: true });
});

test('an instant in a gap shows what was before it, and says so', async (t) => {
  const { dir, files } = await finished(t);
  const [before = '', lost = '', behind = ''] = files;
  const end = await believedIn(t, dir, before, '#1000000');
  const next = await believedIn(t, dir, behind, '#0');
  t.is(next.instant, 'before the beginning');
  const { steps: missing } = await believedIn(t, dir, lost, '#1000000');
  await rm(join(dir, lost));
  const last = end.steps + missing;
  for (const [number, instant, then] of [
    [end.steps, 'recorded', end.then],
    [end.steps + 1, 'in a gap', end.then],
    [last - 1, 'in a gap', end.then],
    // The segment behind the gap begins with what its last step has left.
    [last, 'recorded', next.then],
  ] as const) {
    const told = await believedIn(t, dir, 'seg.orrec', `#${number}`);
    t.deepEqual(told, { ...told, steps: end.steps, instant, then }, `#${number}`);
  }
  const text = await run(t, dir, ['replay', 'seg.orrec', '--at', `#${last - 1}`]);
  t.is(text.code, 1);
  t.regex(text.stdout.toString(), /^that is in a gap: /m);
});

/** As a disk may give it back: some of the packed bytes are others. */
function otherBytes(whole: Buffer): Buffer {
  const bytes = Buffer.from(whole);
  bytes.fill(0x55, Math.floor(0.9 * whole.length) - 40, Math.floor(0.9 * whole.length));
  return bytes;
}

/** Packed rightly, with an entry of no kind at its end. */
function strangeEntry(whole: Buffer): Buffer {
  return gzipSync(Buffer.concat([gunzipSync(whole), Buffer.alloc(4, 0x63), Buffer.alloc(4)]));
}

test('an old segment that cannot be removed ends the recording, not the node', async (t) => {
  // A folder is removed as no file is.
  const { node, log } = await recorded(t, 20_000, async (path) => {
    await mkdir(segmentPath(path, 1));
    await writeFile(segmentPath(path, 2), 'x'.repeat(30_000));
  });
  t.is(metric(await metricsOf(t, node), 'orrery_disk_stalled'), 0);
  await putting(t, node, 50);
  await eventually(t, 'it has ended', () => log.some((line) => /cannot be removed/.test(line)));
  await isWell(t, node);
});

test('a segment that cannot be written ends the recording, not the node', async (t) => {
  const { node, log } = await recorded(t, 10_000_000, async (path) => {
    await symlink('/dev/full', segmentPath(path, 1));
  });
  await putting(t, node, 200);
  await eventually(t, 'it has ended', () => log.some((line) => /cannot be written/.test(line)));
  await isWell(t, node);
});

test('a file of another node is left alone, and ends the recording in its way', async (t) => {
  const { node, dir, log } = await recorded(t, 10_000_000);
  t.is(metric(await metricsOf(t, node), 'orrery_recording_ended'), 0);
  const next = segmentPath(join(dir, 'seg.orrec'), 2);
  await writeFile(next, 'of another node');
  await putting(t, node, 200);
  await eventually(t, 'it has ended', () => log.some((line) => /cannot be written/.test(line)));
  t.is(await readFile(next, 'utf8'), 'of another node');
  await isWell(t, node);
});

/** A recording of three segments or more whose node has stopped, and what a replay says of it. */
async function finished(t: ExecutionContext): Promise<{
  readonly dir: string;
  readonly files: readonly string[];
  readonly all: Told & { code: number | null };
}> {
  const { node, dir } = await recorded(t, 10_000_000);
  await putting(t, node, 300);
  await node.close();
  const files = (await readdir(dir)).filter((name) => name.startsWith('seg.')).sort();
  t.true(files.length >= 3, files.join());
  return { dir, files, all: await replayedIn(t, dir) };
}

async function isWell(t: ExecutionContext, node: RunningNode): Promise<void> {
  t.is(metric(await metricsOf(t, node), 'orrery_recording_ended'), 1);
  await putting(t, node, 20);
  await node.close();
}

async function metricsOf(t: ExecutionContext, node: RunningNode): Promise<string> {
  return (await ask(t, node, '/metrics')).body;
}

interface Recorded {
  readonly node: RunningNode;
  readonly dir: string;
  /** Words of the warnings. */
  readonly log: readonly string[];
}

/** A node with segments of a few kilobytes; `prepare` is told where they will be. */
async function recorded(
  t: ExecutionContext,
  bytesMax: number,
  prepare: (path: string) => Promise<void> = () => Promise.resolve(),
): Promise<Recorded> {
  const site = await newSite(t);
  const record = recordAt(site.dir, bytesMax);
  await prepare(record.path);
  const log: string[] = [];
  const silent = (): undefined => undefined;
  const warn = (_: object, words: string): void => void log.push(words);
  const node = await nodeAt(t, site, 'n', {
    admin: ANY_PORT,
    record,
    log: { error: warn, warn, info: silent, debug: silent },
  });
  return { node, dir: site.dir, log };
}

function recordAt(dir: string, bytesMax: number): RecordingOptions {
  const path = join(dir, 'seg.orrec');
  return { path, version: '0', bytesMax, values: false, segmentBytes: 8000 };
}

async function putting(t: ExecutionContext, node: RunningNode, count: number): Promise<void> {
  const client = await clientOf(t, node);
  const keys = Array.from({ length: 10 }, newKey);
  for (let i = 0; i < count; i++) await client.put(keys[i % 10] ?? t.fail(), valueOf(20));
  await delay(50);
}

interface Believed {
  readonly steps: number;
  readonly instant: string;
  readonly then: unknown;
}

async function believedIn(
  t: ExecutionContext,
  dir: string,
  name: string,
  at: string,
): Promise<Believed> {
  const { stdout } = await run(t, dir, ['replay', name, '--at', at, '--json']);
  return JSON.parse(stdout.toString()) as Believed;
}

interface Told {
  readonly steps: number;
  readonly equal: boolean;
  readonly gaps: readonly string[];
}

async function replayedIn(
  t: ExecutionContext,
  dir: string,
): Promise<Told & { code: number | null }> {
  const { code, stdout } = await run(t, dir, ['replay', 'seg.orrec', '--json']);
  return { ...(JSON.parse(stdout.toString()) as Told), code };
}
