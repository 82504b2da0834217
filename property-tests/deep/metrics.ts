/** What a node tells at its `/metrics`, read by name. */
export type Metrics = (name: string) => number;

/**
 * @param at address and port of its admin server
 * @returns reads a number by its name without the prefix, labels and all; 0 of one that is not
 *   there, as of a counter that has counted nothing
 * @throws when it does not answer, or not with its metrics
 */
export async function metricsOf(at: string): Promise<Metrics> {
  const answer = await fetch(`http://${at}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!answer.ok) throw new Error(`${at} answered ${answer.status} to /metrics`);
  const lines = (await answer.text()).split('\n');
  return (name) =>
    Number(
      lines
        .find((line) => line.startsWith(`orrery_${name} `))
        ?.split(' ')
        .at(-1) ?? 0,
    );
}

const ANSWER_MS = 5000;
