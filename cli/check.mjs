// Everything that `npm test` runs after ready, in order, stopping at the first failure: format,
// lint, purity, borders, unused, ava. `node cli/check.mjs STEP [ARGUMENT ...]` runs one step alone.
// Each tool's own script is started by this Node, without a shell, so it is the same on every
// system.
//
// After AVA the last line is `N passed, N failed`, counted from AVA's line per test and compared
// with its closing summary. With ORRERY_REQUIRE=all a skipped or unwritten test is a failure.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));

const STEPS = {
  'format:check': {
    title: 'format: prettier, no file differs (mend with: npm run format)',
    run: () => tool('prettier', ['--check', '--log-level', 'warn', '.']),
  },
  lint: {
    title: 'lint: eslint with types',
    run: (more) => tool('eslint', more.length > 0 ? more : ['--max-warnings', '0', '.']),
  },
  purity: {
    title: 'purity: src/ compiles without Node, timers or a console',
    run: () => tool('typescript', ['-p', 'src', '--noEmit'], 'tsc'),
  },
  borders: {
    title: 'borders: who may import whom',
    run: () => tool('dependency-cruiser', [...CRUISE, ...sourceFolders()], 'depcruise'),
  },
  unused: {
    title: 'unused: knip, no dead file, export or package',
    run: () => tool('knip', ['--no-progress']),
  },
  ava: { title: 'ava: the tests', run: runTests },
};

const CRUISE = ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long'];

const [chosen, ...more] = process.argv.slice(2);
if (chosen !== undefined && !(chosen in STEPS)) {
  console.error(`no step ${chosen}: choose one of ${Object.keys(STEPS).join(', ')}`);
  process.exitCode = 2;
} else {
  process.exitCode = await runSteps(chosen === undefined ? Object.keys(STEPS) : [chosen], more);
}

async function runSteps(names, args) {
  for (const name of names) {
    console.log(`== ${STEPS[name].title}`);
    const code = await STEPS[name].run(args);
    if (code !== 0) {
      console.error(`== ${name} failed (again alone: npm run ${name})`);
      return 1;
    }
  }
  return 0;
}

async function runTests(args) {
  let output = '';
  const code = await tool('ava', args, 'ava', (chunk) => {
    process.stdout.write(chunk);
    output += chunk;
  });
  const counts = countTests(stripVTControlCharacters(output), code);
  const problem = problemWith(counts, code);
  if (problem !== undefined) console.error(problem);
  const skippedPart = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  console.log(`${counts.passed} passed, ${counts.failed} failed${skippedPart}`);
  return problem === undefined ? code : 1;
}

/**
 * A line per test begins with two spaces and a mark (another one where the console has no Unicode).
 * What went wrong outside a test counts as failed, so that a bad run never ends with `0 failed`.
 */
function countTests(text, code) {
  const lines = text.split(/\r?\n/);
  const count = (pattern) => lines.filter((line) => pattern.test(line)).length;
  const summary = (pattern) =>
    Number(lines.findLast((line) => pattern.test(line))?.match(/\d+/)[0] ?? 0);
  const failed =
    count(/^ {2}[✘✖×] /) +
    summary(/^ *\d+ uncaught exceptions?$/) +
    summary(/^ *\d+ unhandled rejections?$/) +
    summary(/^ *\d+ tests? remained pending after a timeout$/);
  return {
    passed: count(/^ {2}[✔√] /),
    failed: code === 0 ? failed : Math.max(failed, 1),
    skipped: count(/^ {2}- \[(?:skip|todo)\] /),
    passedInSummary: summary(/^ *\d+ tests? passed$/),
  };
}

/** A sentence when AVA's lines and its summary disagree, or when tests were left out. */
function problemWith(counts, code) {
  if (code === 0 && counts.passedInSummary !== counts.passed) {
    return `AVA's summary says ${counts.passedInSummary} passed, its lines say ${counts.passed}`;
  }
  if (code === 0 && counts.passed === 0) return 'no test ran: is dist/property-tests/ there?';
  if (process.env.ORRERY_REQUIRE === 'all' && counts.skipped > 0) {
    return `${counts.skipped} tests left out, ORRERY_REQUIRE=all allows none: see [skip] above`;
  }
  return undefined;
}

function sourceFolders() {
  return JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).include;
}

/** Runs a package's own script; with `onOutput` its standard output goes there, not to ours. */
function tool(packageName, args, bin = packageName, onOutput = undefined) {
  const home = join(root, 'node_modules', packageName);
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const script = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin];
  const colour = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {};
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(home, script), ...args], {
      cwd: root,
      env: { ...process.env, ...colour },
      stdio: ['inherit', onOutput === undefined ? 'inherit' : 'pipe', 'inherit'],
    });
    child.stdout?.setEncoding('utf8').on('data', onOutput);
    child.on('error', (error) => {
      console.error(`cannot run ${packageName}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
