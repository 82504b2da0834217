/**
 * What was found in reports/leader-crash, a run in which whoever leads is killed over and over.
 */
import { join } from 'node:path';
import { percent, time, whole } from '../../sim/edge/report/format.ts';
import { readResult } from '../../sim/edge/report/read.ts';
import { table } from './grid.ts';

export async function leadersFound(dir: string): Promise<string> {
  const { election, lookups, config } = await readResult(join(dir, 'result.json'));
  if (election === undefined) throw new Error(`${dir} has no voters`);
  const { voters, terms, led, crashes, stepDowns, failoverMs, overlap, listed } = election;
  const { p50, p90, max } = failoverMs;
  const [half, longest] = [time(p50 ?? 0), time(max ?? 0)];
  const rows = [
    ['leaders killed', whole(crashes)],
    ['terms with a leader', whole(terms)],
    ['leaders that left the role otherwise', whole(stepDowns)],
    ['time with a leader', percent(led)],
    ['time with two', percent(overlap)],
    ['without one after a kill, median', half],
    ['90th percentile', time(p90 ?? 0)],
    ['longest', longest],
    ['nodes that have the newest list, at the end', percent(listed)],
  ];
  return `Each time one of the other ${voters - 1} voters leads within ${longest}, half of the times
within ${half}: a lease has to end first, 3 s after the last heartbeat. Nobody leads for
${percent(1 - led)} of the time, two never do, and nobody else notices:
${percent(lookups.succeeded / lookups.count)} of ${whole(lookups.count)} lookups succeed, with
${percent(config.loss)} of all calls lost.

${table(['what', 'how much'], rows)}`;
}
