/** A recording of a node of a soak, done again by `orrery replay`. */
import { startProcess } from '../../processes.ts';

export interface ReplayResult {
  readonly line: string;
  readonly faults: readonly string[];
}

export async function replayed(path: string): Promise<ReplayResult> {
  const startMs = performance.now();
  const { code, signal, stdout, stderr } = await startProcess('.', ['replay', path, '--json'])
    .ended;
  const took = `${((performance.now() - startMs) / 1000).toFixed(0)} s`;
  if (stdout.length === 0) {
    const how = signal ?? `exit code ${code ?? 'unknown'}`;
    const fault = `the replay of ${path} ended with ${how}: ${stderr.trim()}`;
    return { line: 'recording   not readable', faults: [fault] };
  }
  const { steps, segments, equal, gaps } = JSON.parse(stdout.toString()) as Told;
  const verdict = equal ? 'all equal' : 'NOT ALL EQUAL';
  return {
    line: `recording   ${steps} steps in ${segments} segments, ${verdict}, replayed in ${took}`,
    faults: equal ? [] : [`the recording ${path} is not as it was: ${gaps.join('; ')}`],
  };
}

interface Told {
  readonly steps: number;
  readonly segments: number;
  readonly equal: boolean;
  readonly gaps: readonly string[];
}
