// `orrery sim --record` and `orrery replay`: one node out of a simulation, and what a recording
// says of a build whose core was changed.
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { isOneLine, run, scratch } from './cli-kit.ts';

const BUILT = fileURLToPath(new URL('../../', import.meta.url));
const SIM = ['sim', '--nodes', '60', '--duration', '10m', '--puts', '60', '--gets', '60', '--json'];

test('a simulated node is recorded life by life, the digest stays, and it replays', async (t) => {
  const dir = await scratch(t);
  const churn = [...SIM, '--churn', 'exponential:2m,1m', '--disk', 'keep'];
  const plain = await run(t, dir, churn);
  const recorded = await run(t, dir, [...churn, '--record', 'node.orrec', '--record-node', '7']);
  t.is(recorded.code, 0, recorded.stderr);
  const digests = [plain, recorded].map(
    ({ stdout }) => (JSON.parse(stdout.toString()) as { digest: string }).digest,
  );
  t.is(digests[0], digests[1]);
  t.regex(recorded.stderr, /steps of node [0-9a-f]{8} in \d+ lives are in node\.0001\.orrec/);
  const lives = (await readdir(dir)).length;
  t.true(lives > 1, 'it went and came back');

  const { code, stdout, stderr } = await run(t, dir, ['replay', 'node.orrec', '--json']);
  t.is(code, 0, stderr);
  const result = JSON.parse(stdout.toString()) as { id: string; steps: number; restarts: string[] };
  t.like(result, { equal: true, gaps: [], segments: lives, cut: false });
  t.is(result.restarts.length, lives - 1);
  t.true(result.steps > 100);
  for (const steps of [result.steps - 1, result.steps]) {
    const at = await run(t, dir, ['replay', 'node.orrec', '--at', `#${steps}`, '--json']);
    t.like(JSON.parse(at.stdout.toString()), { steps, instant: 'recorded' }, 'numbers go on');
  }

  const name = `7:${result.id.slice(8 * 3, 8 * 4)}`;
  const again = [...churn, '--record', 'same.orrec', '--record-node', name];
  t.is((await run(t, dir, again)).code, 0);
  const first = (file: string): Promise<Buffer> => readFile(join(dir, file));
  t.deepEqual(await first('same.0001.orrec'), await first('node.0001.orrec'));
});

test('what cannot be recorded is told in one line', async (t) => {
  const dir = await scratch(t);
  await writeFile(join(dir, 'there.0001.orrec'), '');
  for (const args of [
    ['--record-node', '3'],
    ['--record', 'a.orrec', '--record-node', 'first'],
    ['--record', 'a.orrec', '--workers', '2'],
    ['--record', 'there.orrec'],
  ]) {
    const { code, stderr } = await run(t, dir, [...SIM, ...args]);
    t.is(code, 2, args.join(' '));
    t.true(isOneLine(stderr), stderr);
  }
  const never = await run(t, dir, [...SIM, '--record', 'a.orrec', '--record-node', '60']);
  t.is(never.code, 1);
  t.regex(never.stderr, /node 60 was never online/);
});

test('a build with one changed line of the core is told by its first other step', async (t) => {
  const dir = await scratch(t);
  const { code, stderr } = await run(t, dir, [...SIM, '--record', 'node.orrec']);
  t.is(code, 0, stderr);
  const changed = join(dir, 'changed');
  for (const part of ['cli', 'host', 'library', 'runtime', 'sim', 'src']) {
    await cp(join(BUILT, part), join(changed, 'dist', part), { recursive: true });
  }
  await cp(join(BUILT, '..', 'package.json'), join(changed, 'package.json'));
  await symlink(resolve(BUILT, '..', 'node_modules'), join(changed, 'node_modules'));

  const replay = async (): Promise<{ readonly code: number; readonly stdout: string }> => {
    const args = [join(changed, 'dist/cli/main.js'), 'replay', join(dir, 'node.orrec')];
    return await promisify(execFile)(process.execPath, args).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: unknown) => error as { code: number; stdout: string },
    );
  };
  const same = await replay();
  t.is(same.code, 0, same.stdout);
  t.regex(same.stdout, /all equal/);
  const walk = await run(
    t,
    dir,
    ['replay', 'node.orrec', '--step'],
    Buffer.from('n\n'.repeat(300)),
  );
  const altered = firstAltered(walk.stdout.toString());
  t.true(altered > 1, 'a contact asked for peers');

  const file = join(changed, 'dist/src/serve.js');
  const source = await readFile(file, 'utf8');
  // Whoever asks for peers is named among them now.
  const other = source.replace('suspects.length === 0 ? [from] :', 'suspects.length === 0 ? [] :');
  t.not(other, source);
  await writeFile(file, other);
  const different = await replay();
  t.is(different.code, 1, different.stdout);
  const told = `step ${altered} differs, after ${altered - 1} that are equal:`;
  t.true(different.stdout.includes(told), `${told} is not in ${different.stdout}`);
  t.regex(different.stdout, / in {3}from [0-9a-f]{8}: request \d+ find-/);
  t.regex(different.stdout, /this is not what the node did when it was recorded/);
});

/**
 * The first step of a walk at which a contact asks for peers: as long as all contacts fit into an
 * answer, that is the first in which the asker itself is left out.
 */
function firstAltered(walk: string): number {
  const contacts = new Set<string>();
  for (const step of walk.split(/^(?=#\d+ )/m)) {
    const [, number = '0'] = /^#(\d+) /.exec(step) ?? [];
    const [, asker = ''] = /^ +in +from ([0-9a-f]{8}): request \d+ find-/m.exec(step) ?? [];
    if (contacts.has(asker)) return contacts.size <= ANSWER_MAX ? Number(number) : 0;
    const [, added] = /contact-added ([0-9a-f]{8})/.exec(step) ?? [];
    if (added !== undefined) contacts.add(added);
  }
  return 0;
}

/** Contacts in an answer, `beta`, unless it is set. */
const ANSWER_MAX = 20;
