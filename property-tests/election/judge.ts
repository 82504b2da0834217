/**
 * What must hold of every step of every voter, whatever happens to them: E1 to E8 of the election,
 * seen from outside, by what is sent and what is on disk. A finding is a sentence.
 */
import { openCall } from '../../src/state/calls.ts';
import type { NodeState } from '../../src/state/node.ts';
import type { Input } from '../../src/step-types.ts';
import type { Step } from '../../src/step.ts';
import type { Introducers, Message, Request } from '../../src/types.ts';
import type { Voter } from './voter.ts';

/** Who there is, and what each believes at this instant. */
interface Seen {
  readonly voters: readonly Voter[];
  leads(voter: Voter, state?: NodeState): boolean;
}

export class Judge {
  readonly findings: string[] = [];
  /** Who led in each term, by the nodes' own word. */
  readonly leaders = new Map<number, number>();
  /** The term of which each was last seen to be the leader. */
  readonly #led = new Map<number, number>();
  /** By voter and term: for whom it voted, by its answers and its own candidacies. */
  readonly #votes = new Map<string, number>();
  /** By term and candidate: whose votes reached it. */
  readonly #won = new Map<string, Set<number>>();
  /** The highest term that each voter acknowledged. */
  readonly #known = new Map<number, number>();
  readonly #diskTerms = new Map<number, number>();
  /** Lists of introducers that were sent, by term and serial. */
  readonly #lists = new Set<string>();
  /** By asker, voter and call: requests that wait for an answer. */
  readonly #asked = new Map<string, Request>();
  readonly #isWithinRate: boolean;
  /** Whether who takes the step at hand led at its beginning or leads at its end. */
  #mayAct = false;
  readonly #seen: Seen;

  /** @param isWithinRate whether clocks differ by no more than the lease allows for (E5) */
  constructor(isWithinRate: boolean, seen: Seen) {
    this.#isWithinRate = isWithinRate;
    this.#seen = seen;
  }

  /** A node took a step. */
  onStep(voter: Voter, before: NodeState, input: Input, { state, effects }: Step): void {
    if (input.type === 'message') this.#onMessage(voter, before, input.from, input.message);
    this.#onBelief(voter, state);
    // What has fallen due comes first: it may act as a leader, and then hear of a later term.
    this.#mayAct = this.#seen.leads(voter) || this.#seen.leads(voter, before);
    for (const effect of effects) {
      if (effect.type === 'send') this.#onSend(voter, effect.to, effect.message);
    }
  }

  /** Something reached a disk. */
  onDisk(voter: Voter): void {
    const term = voter.disk.ballot?.term ?? 0;
    const before = this.#diskTerms.get(voter.peer) ?? 0;
    if (term < before)
      this.#find('E2', `the term on disk of ${voter.peer} went from ${before} to ${term}`);
    this.#diskTerms.set(voter.peer, term);
  }

  /** Votes that reached a candidate, for E4; requests, to know what a reply answers. */
  #onMessage(voter: Voter, before: NodeState, from: number, message: Message): void {
    const { call, body } = message;
    if (message.type === 'request') {
      this.#asked.set(`${from} ${voter.peer} ${call}`, message.body);
      return;
    }
    const { role, ballot } = before.election;
    if (body.type !== 'term' || !body.ok || role.type !== 'candidate' || role.isPreVote) return;
    if (openCall(before.calls, call, from)?.kind !== 'vote') return;
    const name = `${ballot.term} ${voter.peer}`;
    this.#won.set(name, (this.#won.get(name) ?? new Set([voter.peer])).add(from));
  }

  #onSend(voter: Voter, to: number, message: Message): void {
    const { body, call } = message;
    const name = `${to} ${voter.peer} ${call}`;
    const asked = message.type === 'reply' ? this.#asked.get(name) : undefined;
    this.#asked.delete(name);
    if (body.type === 'announce') this.#onAnnounce(voter, body.introducers);
    if (body.type === 'ok' && asked?.type === 'announce') {
      this.#onObeyed(voter, asked.introducers.term);
    }
    const term = 'term' in body ? body.term : undefined;
    if (term === undefined || (body.type === 'vote' && body.isPreVote)) return;
    const onDisk = voter.disk.ballot;
    if (term > (onDisk?.term ?? 0)) {
      this.#find('E2', `${voter.peer} spoke of term ${term}, on its disk is ${onDisk?.term ?? 0}`);
    }
    if (body.type === 'vote') this.#onVote(voter, term, voter.peer);
    if (body.type === 'heartbeat' && !this.#mayAct) {
      this.#find('E7', `${voter.peer} acted as leader of ${term} without a lease`);
    }
    if (body.type === 'term' && body.ok && asked !== undefined) this.#onConsent(voter, to, asked);
  }

  /** A voter said yes. */
  #onConsent(voter: Voter, to: number, asked: Request): void {
    if (asked.type === 'vote' && !asked.isPreVote) this.#onVote(voter, asked.term, to);
    if (asked.type !== 'heartbeat' && (asked.type !== 'vote' || asked.isPreVote)) return;
    this.#onObeyed(voter, asked.term);
    const known = this.#known.get(voter.peer) ?? 0;
    this.#known.set(voter.peer, Math.max(known, asked.term));
  }

  /** A list that nobody has sent before is made now, by its leader; later it is only passed on. */
  #onAnnounce(voter: Voter, { leader, term, serial }: Introducers): void {
    const name = `${term} ${serial}`;
    if (this.#lists.has(name)) return;
    this.#lists.add(name);
    if (leader !== voter.peer || !this.#mayAct) {
      this.#find('E7', `${voter.peer} made a list in term ${term} without a lease`);
    }
  }

  #onObeyed(voter: Voter, term: number): void {
    const known = this.#known.get(voter.peer) ?? 0;
    if (term >= known) return;
    this.#find('E6', `${voter.peer} knew of term ${known} and obeyed that of ${term}`);
  }

  #onVote(voter: Voter, term: number, candidate: number): void {
    const name = `${voter.peer} ${term}`;
    const before = this.#votes.get(name) ?? candidate;
    if (before !== candidate) {
      this.#find('E3', `${voter.peer} voted for ${before} and for ${candidate} in term ${term}`);
    }
    this.#votes.set(name, candidate);
    const { ballot } = voter.disk;
    if (ballot?.term === term && ballot.vote !== candidate) {
      this.#find('E3', `${voter.peer} voted in term ${term} with another vote on its disk`);
    }
  }

  /**
   * A belief begins and goes on with steps, and a step first ends what is over: so two that overlap
   * are seen at a step of the one that is the later to begin or go on.
   */
  #onBelief(voter: Voter, { election }: NodeState): void {
    const { role, ballot } = election;
    const { peer } = voter;
    if (role.type !== 'leader') return;
    if (!ballot.voters.peers.includes(peer)) this.#find('E8', `${peer} leads and is no voter`);
    if (this.#led.get(peer) !== ballot.term) {
      this.#led.set(peer, ballot.term);
      this.#onLeader(voter, ballot.term, ballot.voters.peers);
    }
    if (!this.#isWithinRate || !this.#seen.leads(voter)) return;
    for (const other of this.#seen.voters) {
      if (other === voter || !this.#seen.leads(other)) continue;
      const term = other.state?.election.ballot.term ?? 0;
      this.#find('E5', `${other.peer} leads (term ${term}) beside ${peer} (${ballot.term})`);
    }
  }

  #onLeader(voter: Voter, term: number, voters: readonly number[]): void {
    const { peer } = voter;
    const before = this.leaders.get(term) ?? peer;
    if (before !== peer) this.#find('E1', `${before} and ${peer} lead in term ${term}`);
    this.leaders.set(term, peer);
    const votes = [...(this.#won.get(`${term} ${peer}`) ?? [])].filter((one) =>
      voters.includes(one),
    );
    if (votes.length <= voters.length / 2) {
      this.#find('E4', `${peer} leads in term ${term} with the votes of ${votes.join(', ')}`);
    }
  }

  #find(rule: string, what: string): void {
    if (this.findings.length < FINDINGS_MAX) this.findings.push(`${rule}: ${what}`);
  }
}

const FINDINGS_MAX = 20;
