/**
 * How a law is tested: `law` declares one AVA test that lets fast-check look for a counterexample.
 *
 * The seed is fixed, so that every run of the suite tries the same cases. ORRERY_SEED tries others,
 * ORRERY_RUNS tries more (or fewer) of each law, ORRERY_PATH goes straight to one case. A failure
 * prints the smallest counterexample and the one command that replays it.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import fc from 'fast-check';

/** The seed of a suite that was given none. */
const SEED = 20_021_112;

/** What a law is about: one generator per argument. */
export type Generators<T extends readonly unknown[]> = { [K in keyof T]: fc.Arbitrary<T[K]> };

/**
 * A law: `holds` throws (node:assert) or returns false where it is broken.
 *
 * @param runs how many cases are tried when ORRERY_RUNS does not say otherwise
 */
export function law<T extends [unknown, ...unknown[]]>(
  title: string,
  generators: Generators<T>,
  runs: number,
  holds: (...values: T) => unknown,
): void {
  test(title, (t) => {
    const property = fc.property(...generators, (...values: T) => holds(...values) !== false);
    const details = fc.check(property, parameters(runs));
    if (!details.failed) return t.pass();
    t.log(report(title, details));
    return t.fail('a law is broken');
  });
}

/** How many cases: ORRERY_RUNS, or what the law asks for. */
function runsOr(runs: number): number {
  const asked = Number(process.env['ORRERY_RUNS'] ?? '');
  return Number.isSafeInteger(asked) && asked > 0 ? asked : runs;
}

/** The seed of this run of the suite. */
function seedOfSuite(): number {
  const asked = process.env['ORRERY_SEED'];
  return asked === undefined ? SEED : Number(asked) | 0;
}

interface Parameters {
  readonly seed: number;
  readonly numRuns: number;
  readonly path?: string;
}

function parameters(runs: number): Parameters {
  const path = process.env['ORRERY_PATH'];
  const numRuns = runsOr(runs);
  return { seed: seedOfSuite(), numRuns, ...(path === undefined ? {} : { path }) };
}

function report<T>(title: string, details: fc.RunDetails<T>): string {
  const error = details.errorInstance;
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const tried = `after ${details.numRuns} cases and ${details.numShrinks} shrinks`;
  return [
    `broken ${tried}: ${fc.stringify(details.counterexample)}`,
    cause,
    `replay: ${replayCommand(title, details.seed, details.counterexamplePath ?? '')}`,
  ].join('\n');
}

function replayCommand(title: string, seed: number, path: string): string {
  const file = relative(process.cwd(), fileURLToPath(test.meta.file));
  const variables = `ORRERY_SEED=${seed} ORRERY_PATH=${path}`;
  return `npm run build && ${variables} npx ava ${file} --match='${title.replaceAll("'", '?')}'`;
}
