// A node that is asked to stop while it starts, and whose start takes long: the lock of its
// authority is held by another process, here by that of the test.
import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withLock } from '../../runtime/lock.ts';
import { launch, scratch } from './cli-kit.ts';

test.serial('a node that waits for a lock still stops when it is asked to', async (t) => {
  const dir = await scratch(t);
  const authority = join(dir, '.orrery', 'authority');
  await mkdir(authority, { recursive: true });
  await withLock(join(authority, 'lock'), async () => {
    const isTrying = new Promise<void>((resolve) => {
      const looking = watch(authority, (_, name) => {
        if (name !== null && /^lock\..*\.new$/.test(name)) resolve();
      });
      t.teardown(() => {
        looking.close();
      });
    });
    const running = launch(t, dir, 'node', '-p', '0', '--data', 'n');
    await Promise.race([isTrying, running.ended]);
    running.kill('SIGTERM');
    const { code, signal, stderr } = await running.ended;
    t.like({ code, signal }, { code: null, signal: 'SIGKILL' }, stderr);
    t.is(stderr, 'orrery: the node is killed: it is still starting\n');
  });
});
