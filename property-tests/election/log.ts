/**
 * What every life of every voter was given, in order, as the words of recordings; and that the same
 * core, given them again, makes of each life the same history of roles, terms and leaders as it had
 * (E10): a decision hangs on nothing that is not an input.
 */
import { readInput, writeInput } from '../../host/serial/input.ts';
import { Reader, Writer } from '../../host/serial/words.ts';
import { defaultConfig } from '../../src/config.ts';
import type { NodeState } from '../../src/state/node.ts';
import type { Input } from '../../src/step-types.ts';
import type { Directory, Kept, Moment } from '../../src/types.ts';
import type { Core } from './voter.ts';

interface Life {
  readonly kept: Kept;
  readonly moment: Moment;
  readonly inputs: Writer;
  /** What the node said of itself, each time that it said something else. */
  readonly history: string[];
}

export class Log {
  readonly #lives = new Map<string, Life>();

  begin(name: string, kept: Kept, moment: Moment, state: NodeState): void {
    const history = [said(state)];
    this.#lives.set(name, { kept, moment, inputs: new Writer(), history });
  }

  add(name: string, moment: Moment, input: Input, state: NodeState): void {
    const life = this.#lives.get(name);
    if (life === undefined) throw new Error(`broken invariant: ${name} has not begun`);
    const { inputs, history } = life;
    inputs.number(moment.now);
    inputs.number(moment.wall);
    inputs.word(moment.entropy);
    writeInput(inputs, input);
    note(history, state);
  }

  /** @returns a sentence for each life that went another way */
  replay(core: Core, peers: Directory): readonly string[] {
    return [...this.#lives].flatMap(([name, life]) => {
      const again = replayLife(core, peers, Number.parseInt(name, 10), life);
      const at = life.history.findIndex((one, i) => one !== again[i]);
      if (at < 0 && again.length === life.history.length) return [];
      const was = life.history[at] ?? 'its end';
      return [`E10: life ${name} was ${was} and is ${again[at] ?? 'another'} when replayed`];
    });
  }
}

function replayLife(core: Core, peers: Directory, self: number, life: Life): readonly string[] {
  const { kept, moment, inputs } = life;
  let state = core.create(self, defaultConfig, moment, kept);
  const history = [said(state)];
  const input = new Reader(inputs.view());
  while (input.left > 0) {
    const next = { now: input.number(), wall: input.number(), entropy: input.word() };
    ({ state } = core.step(state, next, readInput(input), peers));
    note(history, state);
  }
  return history;
}

function note(history: string[], state: NodeState): void {
  const now = said(state);
  if (now !== history.at(-1)) history.push(now);
}

function said({ election }: NodeState): string {
  const { role, ballot, leader, changedAtMs, dueAt } = election;
  const { term, vote, voters } = ballot;
  const who = `${role.type} of ${leader ?? 'nobody'}, vote ${vote ?? 'none'}`;
  return `${who}, term ${term}, list ${voters.version}, at ${changedAtMs}, due ${dueAt}`;
}
