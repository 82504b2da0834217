// The commands that make reports (npm run truth, durability, reports) with a wrong command line:
// one line, exit code 2, nothing made; and help, which is no fault.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { isOneLine } from '../cli/cli-kit.ts';

const FILES = { truth: 'truth', durability: 'durability', reports: 'main' } as const;

for (const [name, file] of Object.entries(FILES)) {
  const path = fileURLToPath(new URL(`../../reports/make/${file}.js`, import.meta.url));
  const made = (...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [path, ...args], { encoding: 'utf8', timeout: 60_000 });

  test(`npm run ${name}: help is no fault, wrong usage is one line`, (t) => {
    const help = made('--help');
    t.is(help.status, 0);
    t.is(help.stderr, '');
    t.true(String(help.stdout).startsWith(`npm run ${name} -- [`), String(help.stdout));
    for (const [wrong, pattern] of [
      ['nothing', /there is no nothing: choose of /],
      ['--nothing', /Unknown option '--nothing' \(see "npm run/],
      ['--text=5', /Option '--text' does not take an argument \(see/],
    ] as const) {
      const { status, stdout, stderr } = made(wrong);
      t.is(status, 2, wrong);
      t.is(stdout, '');
      t.true(isOneLine(String(stderr)), String(stderr));
      t.regex(String(stderr), pattern);
    }
  });
}
