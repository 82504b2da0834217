// What ready does, in order: packages, then build. Both are looked at first without the lock (the
// common case, nothing to do, costs a few file reads) and again under it, because another process
// may have done the work.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIsNeeded, prepareBuild, recordBuild } from './build.mjs';
import { linkCommand } from './command.mjs';
import { withLock } from './lock.mjs';
import { installIsNeeded, recordInstall } from './packages.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Returns the exit code; every failure has been explained on standard error by then. */
export async function makeReady() {
  if (!existsSync(join(root, 'package-lock.json'))) {
    console.error(
      'ready: package-lock.json is missing: restore it (git checkout package-lock.json)',
    );
    return 2;
  }
  if (!installIsNeeded(root) && !buildIsNeeded(root)) {
    linkCommand(root);
    return 0;
  }
  return withLock(root, async () => {
    if (installIsNeeded(root)) {
      const code = await install();
      if (code !== 0) return 1;
    }
    linkCommand(root);
    return buildIsNeeded(root) ? build() : 0;
  });
}

async function install() {
  const done = announce('installing packages from package-lock.json (npm ci)');
  const { program, prefix, shell } = npm();
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await run(program, [...prefix, ...flags], { shell });
  if (code !== 0) {
    process.stderr.write(output);
    console.error(
      'ready: the install failed; the lines above are npm’s. Run npm ci by hand to retry.',
    );
    return code;
  }
  recordInstall(root);
  done();
  return 0;
}

/** npm as npm itself told us, else from the path, where Windows has a .cmd: that needs a shell. */
function npm() {
  const told = process.env.npm_execpath;
  if (told && /npm-cli\.c?js$/.test(told)) {
    return { program: process.execPath, prefix: [told], shell: false };
  }
  return { program: 'npm', prefix: [], shell: process.platform === 'win32' };
}

async function build() {
  const done = announce('compiling TypeScript into dist/');
  const plan = prepareBuild(root);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await run(process.execPath, [compiler, '-p', root], { shell: false });
  if (code !== 0) {
    process.stderr.write(output);
    console.error('ready: the build failed; mend the lines above and run the command again');
    return 1;
  }
  recordBuild(root, plan);
  done();
  return 0;
}

function announce(what) {
  const startedAt = performance.now();
  console.error(`ready: ${what} ...`);
  return () => {
    console.error(`ready: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  };
}

/** Never rejects: a program that cannot start is a failure with a line of output. */
function run(program, args, { shell }) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => {
      output += chunk;
    };
    const endWithUs = () => child.kill();
    process.once('exit', endWithUs);
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      resolve({ code: 1, output: `${output}cannot run ${program}: ${error.message}\n` });
    });
    child.on('close', (code) => {
      process.removeListener('exit', endWithUs);
      resolve({ code: code ?? 1, output });
    });
  });
}
