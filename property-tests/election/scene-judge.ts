/**
 * What must hold of each step of a scene: E1 to E4 and E6. What has to be remembered for it is a
 * part of the scene, for two scenes with different pasts are not the same.
 */
import { openCall } from '../../src/state/calls.ts';
import type { Input } from '../../src/step-types.ts';
import type { Step } from '../../src/step.ts';
import type { Past, Site } from './scene.ts';

export function judgeStep(past: Past, before: Site, input: Input, step: Step): Past {
  const facts = [...past.facts];
  const findings = [...past.findings];
  const { self, election } = before.state;
  const after = step.state.election;
  const hold = (term: number, what: number, who: number, rule: string): void => {
    const fact = (term * WHATS + what) * VOTERS + who;
    const other = facts.find((one) => Math.floor(one / VOTERS) === term * WHATS + what);
    if (other === undefined) facts.push(fact);
    else if (other !== fact) findings.push(`${rule}: ${other % VOTERS} and ${who} in ${term}`);
  };
  if (after.ballot.term < election.ballot.term) findings.push(`E2: ${self} goes back`);
  const voter = voteIn(before, input);
  if (voter !== undefined) hold(election.ballot.term, voter, self, `E3: ${voter} votes for`);
  for (const effect of step.effects) {
    if (effect.type !== 'send' || !('term' in effect.message.body)) continue;
    const { body } = effect.message;
    if (body.type === 'vote' && body.isPreVote) continue;
    if (body.term > (before.disk?.term ?? 0)) findings.push(`E2: ${self} speaks of ${body.term}`);
    if (body.type === 'vote') hold(body.term, self, self, `E3: ${self} votes for`);
    if (body.type === 'term' && body.ok && isOld(before, input)) {
      findings.push(`E6: ${self} of term ${election.ballot.term} obeys an earlier one`);
    }
  }
  if (after.role.type === 'leader') {
    const { term } = after.ballot;
    hold(term, LED, self, 'E1: leaders');
    const votes = facts.filter((fact) => {
      const [name, who] = [Math.floor(fact / VOTERS), fact % VOTERS];
      return Math.floor(name / WHATS) === term && name % WHATS !== LED && who === self;
    });
    if (votes.length < 2) findings.push(`E4: ${self} leads in ${term} with ${votes.length} votes`);
  }
  if (facts.length === past.facts.length && findings.length === past.findings.length) return past;
  return { facts: facts.sort((a, b) => a - b), findings };
}

/** Whose vote has reached the candidate that takes this step, if one has. */
function voteIn({ state }: Site, input: Input): number | undefined {
  const { role } = state.election;
  if (input.type !== 'message' || role.type !== 'candidate' || role.isPreVote) return undefined;
  const { call, body } = input.message;
  if (body.type !== 'term' || !body.ok || body.term !== role.term) return undefined;
  return openCall(state.calls, call, input.from)?.kind === 'vote' ? input.from : undefined;
}

/** Whether this is a heartbeat of an earlier term than the voter's. */
function isOld({ state }: Site, input: Input): boolean {
  if (input.type !== 'message' || input.message.body.type !== 'heartbeat') return false;
  return input.message.body.term < state.election.ballot.term;
}

const VOTERS = 3;
/** Facts of a term: the vote of each of the three, and who led. */
const WHATS = 4;
const LED = 3;
