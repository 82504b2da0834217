/**
 * How a law is tested: `law` declares one AVA test that lets fast-check look for a counterexample.
 *
 * How many cases and which ones is in `parameters.ts`. A failure prints the smallest counterexample
 * and the one command that replays it.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import fc from 'fast-check';
import { runs } from './parameters.ts';

/** What a law is about: one generator per argument. */
export type Generators<T extends readonly unknown[]> = { [K in keyof T]: fc.Arbitrary<T[K]> };

/**
 * A law: `holds` throws (node:assert) or returns false where it is broken.
 *
 * @param count how many cases are tried when ORRERY_RUNS does not say otherwise
 */
export function law<T extends [unknown, ...unknown[]]>(
  title: string,
  generators: Generators<T>,
  count: number,
  holds: (...values: T) => unknown,
): void {
  test(title, (t) => {
    const property = fc.property(...generators, (...values: T) => holds(...values) !== false);
    const details = fc.check(property, runs(count));
    if (!details.failed) return t.pass();
    t.log(report(title, details));
    return t.fail('a law is broken');
  });
}

/** The same for what takes threads, files or sockets: `holds` is awaited. */
export function asyncLaw<T extends [unknown, ...unknown[]]>(
  title: string,
  generators: Generators<T>,
  count: number,
  holds: (...values: T) => Promise<unknown>,
): void {
  test(title, async (t) => {
    const property = fc.asyncProperty(...generators, async (...values: T) => {
      return (await holds(...values)) !== false;
    });
    const details = await fc.check(property, runs(count));
    if (!details.failed) return t.pass();
    t.log(report(title, details));
    return t.fail('a law is broken');
  });
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
