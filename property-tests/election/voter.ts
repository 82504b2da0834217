/**
 * One voter of a trial: the core's state, a clock of its own, and a disk that may lose what was not
 * synced. Its life ends with a crash; the next one begins with what the disk kept.
 */
import { create } from '../../src/create.ts';
import { isLeading } from '../../src/state/election.ts';
import type { NodeState } from '../../src/state/node.ts';
import type { Input } from '../../src/step-types.ts';
import { step } from '../../src/step.ts';
import type { Ballot, Moment, Voters } from '../../src/types.ts';

export interface Core {
  readonly create: typeof import('../../src/create.ts').create;
  readonly step: typeof import('../../src/step.ts').step;
  /** Whether a node acts as a leader at an instant. */
  leads(state: NodeState, at: Omit<Moment, 'entropy'>): boolean;
}

export const CORE: Core = {
  create,
  step,
  leads: ({ election }, { now }) => isLeading(election, now),
};

/** What becomes of a write that was under way when its node crashed; a torn one is found out. */
export type DiskFate = 'intact' | 'lost' | 'torn';

class Disk {
  /** What a new life finds. */
  ballot: Ballot | undefined;
  readonly #under: Ballot[] = [];

  /** Whether a write is under way. */
  get isBusy(): boolean {
    return this.#under.length > 0;
  }

  begin(ballot: Ballot): void {
    this.#under.push(ballot);
  }

  /** Writes end in order; a failed one may be there all the same. */
  end(ballot: Ballot, isThere: boolean): void {
    this.#under.splice(this.#under.indexOf(ballot), 1);
    if (isThere) this.ballot = ballot;
  }

  crash(fate: DiskFate): void {
    if (fate === 'intact') this.ballot = this.#under.at(-1) ?? this.ballot;
    this.#under.length = 0;
  }
}

export class Voter {
  readonly peer: number;
  readonly disk = new Disk();
  /** The newest list of voters that its operator gave it. */
  given: Voters;
  state: NodeState | undefined;
  life = 0;
  /** True time in µs of its present life's first moment, and how fast its clock goes. */
  bornAt = 0;
  rate = 1;
  wallMs = 0;
  isPaused = false;
  /** What a pause holds up. */
  readonly held: Input[] = [];
  /** When the disk has done what it was given; true µs. */
  diskFreeAt = 0;
  /** When it has a wake-up coming; true µs. */
  wakeAt = Infinity;

  constructor(peer: number, given: Voters) {
    this.peer = peer;
    this.given = given;
  }

  /** Another life. */
  begin(now: number, rate: number): void {
    this.life += 1;
    this.bornAt = now;
    this.rate = rate;
    this.wakeAt = Infinity;
    this.diskFreeAt = 0;
    this.isPaused = false;
    this.held.length = 0;
  }

  /** Its monotonic clock at a true time. */
  localMs(now: number): number {
    return 1 + Math.floor(((now - this.bornAt) * this.rate) / 1000);
  }

  /** When its clock will show it, or did; true µs, and no earlier. */
  trueUs(localMs: number): number {
    return this.bornAt + Math.ceil(((localMs - 1) * 1000) / this.rate);
  }
}
