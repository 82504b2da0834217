/**
 * The half of a snapshot that every part of a simulation knows alike: who is there, what is
 * scheduled, what has been agreed upon. It is written once, by any part, and read by all.
 */

import { readList, readOptional, writeList, writeOptional } from '../../host/serial/forms.ts';
import { readHeader, writeHeader } from '../../host/serial/record.ts';
import type { Reader, Writer } from '../../host/serial/words.ts';
import { TASK } from '../events.ts';
import { Sample } from '../observer/distribution.ts';
import type { Run } from '../run/run.ts';
import type { Task } from '../task.ts';
import { readTask, writeTask } from './task-words.ts';

/** A task with its instant and its place among tasks of the same instant. */
export interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly task: Task;
}

export function writeCommon(out: Writer, run: Run): void {
  const { world, oracle, sessions, churn, items, replicas } = run;
  const { population, network, measures, values } = world;
  const { count } = population;
  writeNumbers(out, [run.turnedAt, run.measureFrom, run.measureTo, run.joinsLeft, run.joinsAll]);
  writeNumbers(out, population.occupants);
  out.word(count);
  for (let peer = 0; peer < count; peer++) {
    out.word(population.slotOf(peer));
    out.bool(population.isOnline(peer));
    out.word(population.lifeOf(peer));
    out.number(population.bornAt(peer));
    out.number(population.settledAt(peer));
  }
  writeNumbers(out, oracle.since.subarray(0, count));
  writeNumbers(out, churn.draws);
  writeNumbers(out, sessions.endsAt);
  out.bool(sessions.begun);
  out.number(network.loss);
  writeOptional(out, network.split, (_, { key, share }) => {
    out.word(key);
    out.number(share);
  });
  out.word(items.left);
  out.word(items.firstOp);
  out.bool(measures.measuring);
  out.word(measures.sessions);
  writeNumbers(out, measures.residualMs.values());
  writeNumbers(out, measures.time);
  writeList(out, values.known, (_, { record, acknowledgedAt }) => {
    writeOptional(out, record, writeHeader);
    out.number(acknowledgedAt);
  });
  writeList(out, replicas.state, writeNumbers);
  writeNumbers(out, run.leaders.state);
  out.word(world.tasks);
  writeList(out, scheduled(run), (_, { at, order, task }) => {
    out.number(at);
    out.word(order);
    writeTask(out, task);
  });
}

/** Puts everybody in place as they were; returns the tasks, which the caller schedules. */
export function readCommon(input: Reader, run: Run): readonly Scheduled[] {
  const { world, oracle, sessions, churn, items } = run;
  const { population, network, measures, values } = world;
  const [turnedAt = 0, measureFrom = 0, measureTo = 0, joinsLeft = 0, joinsAll = 0] =
    readNumbers(input);
  Object.assign(run, { turnedAt, measureFrom, measureTo, joinsLeft, joinsAll });
  const occupants = readNumbers(input);
  readList(input, 5, () => {
    const peer = population.admit(input.word());
    const [isOnline, life] = [input.bool(), input.word()];
    population.restore(peer, isOnline, life, input.number(), input.number());
  });
  population.occupants.fill(-1);
  population.occupants.set(occupants.slice(0, population.occupants.length));
  oracle.restore(readNumbers(input));
  churn.draws.set(readNumbers(input).slice(0, churn.draws.length));
  sessions.endsAt.set(readNumbers(input).slice(0, sessions.endsAt.length));
  sessions.begun = input.bool();
  network.loss = input.number();
  network.split = readOptional(input, () => ({ key: input.word(), share: input.number() }));
  items.left = input.word();
  items.firstOp = input.word();
  measures.measuring = input.bool();
  measures.sessions = input.word();
  measures.residualMs.addAll(Sample.of(Float64Array.from(readNumbers(input))));
  measures.time = readNumbers(input);
  values.known = readList(input, 2, () => ({
    record: readOptional(input, readHeader),
    acknowledgedAt: input.number(),
  }));
  run.replicas.state = readList(input, 1, readNumbers);
  run.leaders.state = readNumbers(input);
  world.tasks = input.word();
  return readList(input, 3, () => ({
    at: input.number(),
    order: input.word(),
    task: readTask(input),
  }));
}

export function writeNumbers(out: Writer, numbers: ArrayLike<number>): void {
  out.word(numbers.length);
  for (let i = 0; i < numbers.length; i++) out.number(numbers[i] ?? 0);
}

export function readNumbers(input: Reader): number[] {
  return readList(input, 1, () => input.number()).slice();
}

function scheduled(run: Run): readonly Scheduled[] {
  const tasks: Scheduled[] = [];
  run.world.queue.forEach((at, _receiver, _sender, order, kind, payload) => {
    if (kind === TASK) tasks.push({ at, order, task: payload as Task });
  });
  return tasks.sort((a, b) => a.order - b.order);
}
