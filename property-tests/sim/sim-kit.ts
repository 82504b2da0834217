/**
 * Small simulated networks for tests: options with everything small, a run that keeps every
 * settlement and looks over all nodes as it goes, and commands given from outside.
 */
import assert from 'node:assert/strict';
import { sha256, type SimOutput } from '../../sim/main.ts';
import { defaultOptions, type SimOptions } from '../../sim/options.ts';
import { Run } from '../../sim/run/run.ts';
import { World } from '../../sim/world.ts';
import { checkNode } from '../../src/invariants/invariants.ts';
import type { Command, Outcome } from '../../src/step-types.ts';
import type { OpId, Peer } from '../../src/types.ts';

export const smallOptions: SimOptions = defaultOptions({
  nodes: 30,
  durationMs: 60_000,
  tables: 'converged',
  lookups: 0,
});

/** Commands from outside have numbers above those of any workload. */
const FIRST_OP = 1_000_000;

export class WatchedRun extends Run {
  /** How often each operation of each node settled, by `peer/op`. */
  readonly settled = new Map<string, number>();
  readonly #outcomes = new Map<OpId, Outcome>();
  #ops = FIRST_OP;
  #turnAt = 0;

  constructor(options: SimOptions, touch?: (bytes: Uint8Array, message: number) => void) {
    const hooks = { hash: sha256, ...(touch === undefined ? {} : { touch }) };
    super(options, { materials: {}, hooks }, (parts) => new World(parts));
    this.start();
  }

  /** One event, or the turn that is due; false at the end of the run. */
  advance(): boolean {
    if (this.ended) return false;
    const at = (this.#turnAt ||= this.turnAfter(this.world.nextAt));
    if (this.advanceBefore(at)) return true;
    this.turn(at, [this.takeFacts()]);
    this.#turnAt = 0;
    return true;
  }

  override onSettled(peer: Peer, op: OpId, outcome: Outcome): void {
    super.onSettled(peer, op, outcome);
    const life = this.world.population.lifeOf(peer);
    const name = `${peer}/${life}/${op}`;
    this.settled.set(name, (this.settled.get(name) ?? 0) + 1);
    this.#outcomes.set(op, outcome);
  }

  /** Runs to the end, with the invariants of all nodes checked every so many events. */
  toEnd(eventsBetweenChecks: number): void {
    for (let event = 1; this.advance(); event++) {
      if (event % eventsBetweenChecks === 0) this.checkAll();
    }
    this.checkAll();
  }

  /** Gives a command to a node and runs until it has settled. */
  command(peer: Peer, command: Command): Outcome {
    const op = this.#ops++;
    this.world.step(peer, { type: 'command', op, command });
    for (;;) {
      const outcome = this.#outcomes.get(op);
      if (outcome !== undefined) return outcome;
      assert.ok(this.world.advance(), 'a network always has something to do');
    }
  }

  /** Lets simulated time pass. */
  pass(ms: number): void {
    const until = this.world.now + ms * 1000;
    while (this.world.nextAt <= until) this.world.advance();
    this.world.now = until;
  }

  checkAll(): void {
    const { states, directory } = this.world.population;
    states.forEach((state, peer) => {
      if (state === undefined) return;
      assert.deepEqual(checkNode(state, directory), [], `node ${peer}`);
    });
    for (const [name, times] of this.settled) assert.equal(times, 1, `${name} settles once`);
  }
}

/** All that a run gives but what the machine decides; threads are not a matter of the run. */
export function withoutCosts({ result, rows, operations }: SimOutput) {
  const { wallMs: _w, setupCpuMs: _s, cpuMs: _c, peakRssBytes: _p, ...rest } = result;
  const config = { ...rest.config, workers: 1 };
  const from = rest.from && { ...rest.from, config: { ...rest.from.config, workers: 1 } };
  return { result: { ...rest, config, from }, rows, operations };
}
