/**
 * The simulated half of `orrery start`: a thousand nodes of the very core that the five real ones
 * run, with latency, loss and churn, from a fixed seed.
 *
 * Invariant: `commandFor` asks `orrery sim` for the same run, so anybody can make the same digest.
 */
import type { SimOutput } from '../../sim/main.ts';
import { defaultOptions } from '../../sim/options.ts';
import type { SimResult } from '../../sim/result/result.ts';
import { recordOf } from '../run-files.ts';
import { runWatched } from '../sim/run.ts';

export const NODES = 1000;

export function commandFor(nodes: number): string {
  return (
    `npx orrery sim --nodes ${nodes} --seed 1 --duration 5m --tables joined ` +
    '--latency uniform:10,100 --loss 0.01 --churn exponential:60m ' +
    '--lookups 500 --puts 50 --gets 200'
  );
}

/** Runs it, with progress, and all that a report shows; nothing when a stop was asked for. */
export async function runSimulation(
  nodes: number,
  version: string,
  isStopping: () => boolean,
): Promise<SimOutput | undefined> {
  const given = { options: { ...OPTIONS, nodes }, materials: {} };
  const output = await runWatched(given, version, { rows: true }, isStopping);
  return output && { ...output, result: recordOf(output.result, undefined) };
}

/** What a sound run shows, as a sentence and whether it holds. */
export function judge(result: SimResult): readonly (readonly [string, boolean])[] {
  const { lookups, values } = result;
  return [
    [
      `${lookups.succeeded} of ${lookups.count} lookups succeeded, ${lookups.exact} exact`,
      lookups.count > 0 &&
        lookups.succeeded >= SHARE_MIN * lookups.count &&
        lookups.exact >= SHARE_MIN * lookups.count,
    ],
    [
      `${values.stored} of ${values.puts} values stored, ${values.found} of ${values.gets} GETs ` +
        `found theirs, ${values.wrong} wrong, ${values.lost} lost`,
      values.gets > 0 &&
        values.stored >= SHARE_MIN * values.puts &&
        values.found >= SHARE_MIN * values.gets &&
        values.wrong === 0 &&
        values.lost === 0,
    ],
  ];
}

const SHARE_MIN = 0.98;

const OPTIONS = defaultOptions({
  nodes: NODES,
  durationMs: 300_000,
  loss: 0.01,
  churn: { type: 'exponential', meanOnMs: 3_600_000, meanOffMs: null },
  lookups: 500,
  puts: 50,
  gets: 200,
});
