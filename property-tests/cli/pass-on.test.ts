// What the nodes of a cluster print while nobody reads it: it waits in them and not in the cluster.
import { Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { passOn } from '../../cli/cluster/process.ts';
import { startProcess } from '../processes.ts';
import { scratch } from './cli-kit.ts';

test('lines are not read while nobody takes them, and all arrive in the end', async (t) => {
  const children = ['one', 'two'].map((name) => ({ name, made: 0 }));
  const held: (() => void)[] = [];
  let isOpen = false;
  const taken: string[] = [];
  const to = new Writable({
    write: (chunk: Buffer, _, done) => {
      taken.push(chunk.toString());
      if (isOpen) done();
      else held.push(done);
    },
  });
  for (const child of children) {
    const from = new Readable({
      read() {
        child.made += 1;
        this.push(child.made > LINES ? null : `${child.made} ${REST}\n`);
      },
    });
    passOn(from, to, child.name);
  }
  const made = (): number => children.reduce((sum, child) => sum + child.made, 0);
  for (let still = 0, last = 0; still < 100; last = made()) {
    await turn();
    still = made() === last ? still + 1 : 0;
  }
  t.true(made() > 0 && made() < LINES / 10, String(made()));
  t.true(to.listenerCount('drain') <= 1, 'one listener, however many wait');
  isOpen = true;
  for (const done of held) done();
  while (taken.length < 2 * LINES) await turn();
  for (const { name } of children) {
    const numbers = taken.filter((line) => line.startsWith(`[${name}] `));
    t.deepEqual(
      numbers.map((line) => Number(line.split(' ')[1])),
      Array.from({ length: LINES }, (_, index) => index + 1),
    );
  }
});

test('a reader that goes away while lines wait for it does not keep them', async (t) => {
  t.timeout(120_000);
  const urlOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    import { Readable } from 'node:stream';
    import { passOn } from ${urlOf('../../cli/cluster/process.js')};
    import { ignoreClosedPipes } from ${urlOf('../../cli/output.js')};
    ignoreClosedPipes();
    let made = 0;
    const from = new Readable({ read() {
      made += 1;
      this.push(made > ${LINES} ? null : '${REST}\\n');
    } });
    from.once('pause', () => console.error('it waits'));
    from.once('end', () => console.error('all read'));
    passOn(from, process.stdout, 'n');`;
  const running = startProcess(await scratch(t), [], undefined, {
    nodeArguments: ['--input-type=module', '-e', program],
    // Reads when told to, a byte, and is gone.
    through: ['sh', '-c', '{ "$0" "$@" <&3 & } 3<&0 | { read line; head -c 1 >&2; }'],
  });
  t.teardown(() => {
    running.kill('SIGKILL');
  });
  await running.errors(/it waits/);
  running.input(Buffer.from('\n'));
  await running.errors(/all read/);
  t.pass();
});

const LINES = 20_000;
const REST = 'x'.repeat(1000);
