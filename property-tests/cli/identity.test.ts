// A node that runs as a service takes a renewed certificate by itself and at SIGHUP, and goes on
// with the old one when the new one cannot be used.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { freePorts, launch, run, scratch } from './cli-kit.ts';

test.serial('a renewed certificate is taken while the node runs', async (t) => {
  const dir = await scratch(t);
  for (const args of [['init'], ['issue', '--out', 'node-1', '--days', '7']]) {
    t.is((await run(t, dir, ['ca', ...args])).code, 0);
  }
  const port = await freePorts(1);
  const running = launch(t, dir, 'node', '-p', String(port), '--data', 'node-1');
  await running.output(/listens on/);
  const renewed = await run(t, dir, ['ca', 'renew', 'node-1/node.crt', '--days', '30']);
  t.regex(renewed.stdout.toString(), /a node that runs there takes it by itself/);
  await running.errors(/identity replaced/);
  running.kill('SIGHUP');
  await running.errors(/nothing has changed/);
  await writeFile(join(dir, 'node-1', 'node.crt'), 'half a file');
  await running.errors(/node\.crt does not hold one certificate.*the new identity cannot be used/);
  running.kill('SIGTERM');
  t.like(await running.ended, { code: 0, signal: null });
});
