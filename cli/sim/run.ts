/**
 * A simulation as the command line runs it: in a thread of its own, with progress on standard
 * error, until its end or a request to stop.
 */
import { runApart, type ApartHooks } from '../../sim/edge/apart.ts';
import type { Resolved } from '../../sim/edge/settings/settings.ts';
import { Interrupted, type Progress, type SimOutput } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';
import { Meter } from '../meter.ts';
import { estimate } from './estimate.ts';

/**
 * @returns nothing when it was stopped before its end
 */
export async function runWatched(
  { options, materials }: Omit<Resolved, 'notes'>,
  version: string,
  hooks: Pick<ApartHooks, 'rows' | 'from' | 'snapshot' | 'record' | 'onRecorded'>,
  isStopping: () => boolean,
): Promise<SimOutput | undefined> {
  const meter = new Meter();
  const shareOf = shares(options);
  try {
    return await runApart(options, version, {
      materials,
      ...hooks,
      onProgress: (progress) => {
        const { events, simulatedMs, online, phase } = progress;
        const seconds = (simulatedMs / 1000).toFixed(0);
        const where = `${phase}, ${seconds} s simulated, ${online} nodes online`;
        meter.show(shareOf(progress), events, 'events', where);
        return isStopping();
      },
    });
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  } finally {
    meter.end();
  }
}

/** How much of the whole is done: each phase weighs what it is expected to cost. */
export function shares(
  options: SimOptions,
): (progress: Pick<Progress, 'phase' | 'share'>) => number {
  const { warmupMs, durationMs } = options;
  const all = estimate(options).messages;
  const rest = { ...options, tables: 'converged' } as const;
  const joining = all === 0 ? 0 : 1 - estimate(rest).messages / all;
  const warming = (1 - joining) * (warmupMs === 0 ? 0 : warmupMs / (warmupMs + durationMs));
  return ({ phase, share }) => {
    if (phase === 'joining') return joining * share;
    if (phase === 'warm-up') return joining + warming * share;
    return joining + warming + (1 - joining - warming) * share;
  };
}
