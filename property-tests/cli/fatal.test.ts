// An error in a running node that nobody catches: it is in the log, what was recorded and stored is
// on disk, and the process ends with code 1 instead of running on. The errors are real ones, thrown
// by a module that `node --import` loads beside the node; their text would clear a terminal.
import test from 'ava';
import { connectClient } from '../../runtime/api/client.ts';
import { startProcess } from '../processes.ts';
import { keptFor, node, run, scratch } from './cli-kit.ts';

const FAULTS = {
  'an uncaught error': String.raw`throw new Error('planted\x1b[2J')`,
  'an unhandled rejection': String.raw`void Promise.reject(new Error('planted\x1b[2J'))`,
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test.serial(`${name} stops a node, which says why and closes its files`, async (t) => {
    const dir = await scratch(t);
    const module = `data:text/javascript,process.on('SIGUSR2', () => { ${fault} })`;
    const args = ['node', '-p', '0', '--data', 'n', '--record', '--log-format', 'json'];
    const launch = { nodeArguments: ['--import', encodeURI(module)] };
    const running = keptFor(t, startProcess(dir, args, undefined, launch));
    const [, host = '', port] = await running.output(/clients on (\S+):(\d+), joined/);
    const client = await connectClient({ host, port: Number(port) });
    t.teardown(() => client.close());
    t.is((await client.put(Buffer.alloc(32, 1), Buffer.from('value'))).status, 'good');
    running.kill('SIGUSR2');
    const sentAt = performance.now();
    const { code, signal, stderr } = await running.ended;
    t.like({ code, signal }, { code: 1, signal: null }, stderr);
    t.true(performance.now() - sentAt < 10_000);

    const lines = stderr.split('\n').filter((line) => line.includes('planted'));
    t.is(lines.length, 2, stderr);
    const logged: unknown = JSON.parse(lines[0] ?? '');
    t.like(logged, { level: 50, msg: 'unexpected error: the node stops', reason: 'planted?[2J' });
    t.regex((logged as { at: string }).at, /data:text/);
    t.regex(lines[1] ?? '', /^orrery: unexpected: planted\?\[2J/);

    // The PUT was recorded less than a second before: it is there because the file was ended.
    const replay = await run(t, dir, ['replay', 'n/recording.orrec', '--at', '+1h', '--json']);
    t.is(replay.code, 0, replay.stderr);
    const { then } = JSON.parse(replay.stdout.toString()) as { then: Record<string, unknown[]> };
    t.is(then['records']?.length, 1);
    const again = await node(t, dir, 'n');
    const got = await run(t, dir, ['get', '01'.repeat(32), '--hex', '--api', again.api]);
    t.is(got.stdout.toString(), 'value');
  });
}
