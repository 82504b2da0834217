/**
 * A simulation inside a program (docs/embedding.md, A simulation): what `orrery sim` does, in
 * threads of its own, from settings to the result.
 *
 * Invariant: the same settings give the digest that `orrery sim` gives, in any number of threads.
 */
import { runApart } from '../sim/edge/apart.ts';
import { readScenario } from '../sim/edge/scenario.ts';
import { resolveLayers } from '../sim/edge/settings/settings.ts';
import type { Layer } from '../sim/edge/settings/settings.ts';
import { Interrupted } from '../sim/main.ts';
import type { Progress } from '../sim/main.ts';
import type { SimResult } from '../sim/result/result.ts';
import type { Settings } from './settings.ts';
import { readVersion } from './version.ts';

export interface SimulateOptions {
  /** A scenario file (YAML) whose settings come below those given. */
  readonly scenario?: string;
  /** Stops it, within about a quarter of a second; it is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called a few times a second of real time. What it throws stops the simulation. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told of settings that change nothing, a line each. */
  readonly onNote?: (note: string) => void;
}

/**
 * Runs one simulation to its end. Files that settings name are looked for from the working
 * directory, those of a scenario from its own.
 *
 * @returns the result, with the fields of result.json (docs/simulation.md)
 * @throws SettingsFault with a line for each setting that cannot be
 */
export async function simulate(
  settings: Settings,
  options: SimulateOptions = {},
): Promise<SimResult> {
  const { scenario, signal, onProgress, onNote } = options;
  const given: Layer = { given: settingsOf(settings), baseDir: '' };
  const layers = scenario === undefined ? [given] : [(await readScenario(scenario)).layer, given];
  const { options: resolved, materials, notes } = await resolveLayers(layers);
  for (const note of notes) onNote?.(note);
  signal?.throwIfAborted();
  try {
    const { result } = await runApart(resolved, readVersion(), {
      materials,
      onProgress: (progress) => {
        onProgress?.(progress);
        return signal?.aborted === true;
      },
    });
    return result;
  } catch (error) {
    if (error instanceof Interrupted) signal?.throwIfAborted();
    throw error;
  }
}

/** A key without a value is not given. */
function settingsOf(settings: Settings): Layer['given'] {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
