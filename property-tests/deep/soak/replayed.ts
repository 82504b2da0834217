/**
 * A recording of a node of a soak, done again by `orrery replay`; and once more to look at the
 * states that it went through, for a step that breaks an invariant does so each time it is done.
 */
import { Tape } from '../../../cli/replay/tape.ts';
import { checkNode } from '../../../src/invariants/invariants.ts';
import { startProcess } from '../../processes.ts';
import { whyOf } from '../ending.ts';

export interface ReplayResult {
  readonly line: string;
  readonly faults: readonly string[];
}

/**
 * What the hours of a soak have shown is told also when their recording cannot be read.
 *
 * @param lengthS of the load, all of which the recording must hold
 */
export async function replayed(path: string, lengthS: number): Promise<ReplayResult> {
  return await replay(path, lengthS).catch((error: unknown) => ({
    line: 'recording   not readable',
    faults: [`the recording ${path}: ${whyOf(error)}`],
  }));
}

async function replay(path: string, lengthS: number): Promise<ReplayResult> {
  const startMs = performance.now();
  const { code, signal, stdout, stderr } = await startProcess('.', ['replay', path, '--json'])
    .ended;
  const took = `${((performance.now() - startMs) / 1000).toFixed(0)} s`;
  if (stdout.length === 0) {
    const how = signal ?? `exit code ${code ?? 'unknown'}`;
    throw new Error(`the replay ended with ${how}: ${stderr.trim()}`);
  }
  const told = JSON.parse(stdout.toString()) as ReplayTold;
  const { steps, segments, equal } = told;
  const verdict = equal ? 'all equal' : 'NOT ALL EQUAL';
  return {
    line: `recording   ${steps} steps in ${segments} segments, ${verdict}, replayed in ${took}`,
    faults: [...replayFaults(told, path, lengthS), ...(await brokenStates(path))],
  };
}

/** What is broken in the first state of those looked at in which something is. */
async function brokenStates(path: string): Promise<readonly string[]> {
  const tape = await Tape.open(path);
  for (let number = 1; ; number++) {
    const step = await tape.next();
    if (step !== undefined && number % CHECK_EVERY !== 0) continue;
    const { state, directory } = tape.here;
    const broken = checkNode(state, directory);
    const where = step === undefined ? 'in the end' : `at step ${step.number}`;
    if (broken.length > 0) return broken.map((what) => `the recording ${path}, ${where}: ${what}`);
    if (step === undefined) return [];
  }
}

/** What is looked at of the answer of `orrery replay --json`. */
export interface ReplayTold {
  readonly steps: number;
  readonly segments: number;
  /** Instants, in ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly equal: boolean;
  readonly gaps: readonly string[];
  /** The first step that is not as it was. */
  readonly different: { readonly step: number; readonly lines: readonly string[] } | null;
}

export function replayFaults(told: ReplayTold, path: string, lengthS: number): string[] {
  const { steps, from, to, equal, gaps, different } = told;
  const faults: string[] = [];
  if (different !== null) {
    faults.push(`the recording ${path} differs at step ${different.step}: ${different.lines[0]}`);
  }
  if (gaps.length > 0) faults.push(`the recording ${path} has gaps: ${gaps.join('; ')}`);
  if (!equal && faults.length === 0) faults.push(`the recording ${path} is not as it was`);
  // What is behind a step that differs was not replayed.
  if (different !== null) return faults;
  const coveredS = (Date.parse(to) - Date.parse(from)) / 1000;
  if (!(coveredS >= lengthS - COVER_SLACK_S)) {
    const covered = `${coveredS.toFixed(0)} s (${from} to ${to})`;
    faults.push(`the recording ${path} covers ${covered} of the ${lengthS} s of the load`);
  }
  if (steps < lengthS * STEPS_PER_S_MIN) {
    faults.push(`the recording ${path} has ${steps} steps for ${lengthS} s of load`);
  }
  return faults;
}

/** Steps; a look costs as much as some dozens of them. */
const CHECK_EVERY = 1000;
/** The recorder runs from before the load until behind it; wall clocks are set meanwhile. */
const COVER_SLACK_S = 5;
/** A node that has peers has more to do than this without any load. */
const STEPS_PER_S_MIN = 1;
