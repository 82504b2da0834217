/** What every attack is judged by beside its own bounds: those whom it must not hurt. */
import type { Scale } from './attack.ts';
import { round } from './findings.ts';
import type { Findings } from './findings.ts';
import { Honest } from './honest.ts';
import type { Measured } from './honest.ts';
import type { LoopDelay } from './hook.ts';
import { Victim } from './victim.ts';
import type { VictimOptions } from './victim.ts';

export interface Scene {
  readonly victim: Victim;
  readonly honest: Honest;
}

/** Runs an attack on a node of its own, with honest clients and an honest peer. */
export async function staged(
  options: VictimOptions,
  findings: Findings,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  const problems = await withVictim(options, async (victim) => {
    const honest = await Honest.join(victim);
    await work({ victim, honest });
    const lost = victim.exit === undefined ? await honest.lost() : 0;
    findings.holds(`${lost} acknowledged values are lost`, lost === 0);
    findings.holds('the link of the honest peer ended', honest.isLinked);
    await honest.leave();
  });
  for (const problem of problems) findings.holds(problem, false);
}

/** How fast the honest were served meanwhile, beside how fast they were before. */
export function judgeHonest(
  scale: Scale,
  findings: Findings,
  before: Measured,
  meanwhile: Measured,
): void {
  for (const who of ['gets', 'puts', 'peers'] as const) {
    const most = who === 'puts' ? scale.putMs : scale.latencyMs;
    findings.line(who, `before: ${before[who].toString()}`);
    findings.line('', `meanwhile: ${meanwhile[who].toString()}`);
    findings.atMost(`p99 of honest ${who}, ms`, meanwhile[who].at(99), most);
    findings.holds(`${meanwhile[who].failed} of honest ${who} failed`, meanwhile[who].failed === 0);
    findings.holds(`no honest ${who} were served`, meanwhile[who].count > 0);
  }
}

export function judgeLoop(
  scale: Scale,
  findings: Findings,
  before: LoopDelay,
  loop: LoopDelay,
): void {
  const text = ({ p50, p99, max }: LoopDelay): string =>
    `p50 ${round(p50)} ms, p99 ${round(p99)} ms, longest ${round(max)} ms`;
  findings.line('event loop', `before: ${text(before)}`);
  findings.line('', `meanwhile: ${text(loop)}`);
  findings.atMost('p99 of the delay of the event loop, ms', loop.p99, scale.loopMs);
}

/** Runs work against a node that is ended however the work ends. */
async function withVictim(
  options: VictimOptions,
  work: (victim: Victim) => Promise<void>,
): Promise<readonly string[]> {
  const victim = await Victim.start(options);
  let problem: string | undefined;
  try {
    await work(victim);
  } finally {
    problem = await victim.close();
  }
  return problem === undefined ? [] : [problem];
}
