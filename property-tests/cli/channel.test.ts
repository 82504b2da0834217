// A node on a channel to whoever started it, as process managers and `fork` make one: of what
// is said there only the word of a cluster stops it.
import test from 'ava';
import { startProcess } from '../processes.ts';
import { keptFor, run, scratch } from './cli-kit.ts';

test('a node hears the word of its cluster on its channel, and no other', async (t) => {
  const dir = await scratch(t);
  let hear = (_: unknown): void => undefined;
  const first = new Promise<unknown>((resolve) => (hear = resolve));
  const running = startProcess(dir, ['node', '-p', '0', '--data', 'n'], (note) => {
    hear(note);
  });
  keptFor(t, running);
  const note = await Promise.race([first, running.ended]);
  const here = ['--api', (note as { readonly api: string }).api];
  for (const other of [{ event: 'other' }, { type: 'process:msg', data: 'stop' }]) {
    running.tell(other);
  }
  t.is((await run(t, dir, ['put', 'key', 'value', ...here])).code, 0);
  t.is((await run(t, dir, ['get', 'key', ...here])).code, 0);
  running.tell({ event: 'stop' });
  t.like(await running.ended, { code: 0, signal: null });
});
