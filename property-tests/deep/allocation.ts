/**
 * What decoding allocates: at most twice the bytes it was given, and 1 KiB, and 192 bytes for each
 * address that is kept of a NODE REPLY of the classic dialect. Measured in processes of their own
 * (`allocation-child.ts`): once with the interpreter alone, where nothing is optimised away and
 * every figure is exact, and once as nodes run.
 */
import { runFile } from '../processes.ts';

/** The worst of one kind of answer. */
export interface Allocated {
  readonly kind: string;
  /** Of the input. */
  readonly bytes: number;
  readonly allocated: number;
  readonly allowed: number;
}

export interface Measured {
  readonly inputs: number;
  /** Per kind of answer, the input that came nearest to what it is allowed. */
  readonly worst: readonly Allocated[];
  /** Collections that fell into a measurement: with any, nothing is shown. */
  readonly collections: number;
}

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
  const young = [`--min-semi-space-size=${YOUNG_MIB}`, `--max-semi-space-size=${YOUNG_MIB}`];
  const child = new URL('./allocation-child.js', import.meta.url);
  const args = [seed, ...[frames, samples, YOUNG_MIB].map(String)];
  const text = await runFile(child, args, ['--expose-gc', ...young, ...flags]);
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

/** The semi-space of the young generation, so large that nothing is collected meanwhile. */
const YOUNG_MIB = 64;
