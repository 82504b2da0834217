/**
 * The measurement of allocations in processes of their own: once with the interpreter alone, where
 * nothing is optimised away and every figure is exact, and once as nodes run.
 */
import { inProcess } from '../processes.ts';
import { YOUNG_BYTES } from './allocation.ts';
import type { Measured } from './allocation.ts';

export interface Allocations extends Measured {
  /** How the code was run. */
  readonly name: 'interpreted' | 'compiled';
  /** What broke the bound, or the measurement. */
  readonly over: readonly string[];
}

export async function allocationsIn(
  seed: string,
  frames: number,
  samples: number,
): Promise<readonly Allocations[]> {
  const interpreted = await measureIn('interpreted', ['--jitless'], seed, frames, samples);
  return [interpreted, await measureIn('compiled', [], seed, frames, samples)];
}

async function measureIn(
  name: Allocations['name'],
  flags: readonly string[],
  seed: string,
  frames: number,
  samples: number,
): Promise<Allocations> {
  const megabytes = YOUNG_BYTES / 1024 / 1024;
  const young = [`--min-semi-space-size=${megabytes}`, `--max-semi-space-size=${megabytes}`];
  const code = 'console.log(JSON.stringify(await m.measureAll(a[0], +a[1], +a[2])))';
  const text = await inProcess(
    './deep/allocation.js',
    code,
    [seed, String(frames), String(samples)],
    ['--expose-gc', ...young, ...flags],
  );
  const measured = JSON.parse(text) as Measured;
  return { ...measured, name, over: faultsOf(measured) };
}

function faultsOf({ worst, collections }: Measured): readonly string[] {
  const over = worst.filter(({ allocated, allowed }) => allocated > allowed);
  const faults = over.map(
    ({ kind, bytes, allocated, allowed }) =>
      `${kind} of ${bytes} bytes: ${Math.ceil(allocated)} bytes, ${allowed} are allowed`,
  );
  if (collections > 0) faults.push(`${collections} collections fell into it: nothing is shown`);
  return faults;
}
