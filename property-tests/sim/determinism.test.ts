/**
 * The same seed gives the same digest in any process, with and without the wire, and when every
 * recorded input is fed to the core alone; another seed or one flipped bit of one message gives
 * another one.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { Fingerprint } from '../../host/fingerprint.ts';
import { effectsWords, inputWords } from '../../host/step-words.ts';
import { WALL_START_MS } from '../../sim/events.ts';
import { simulate } from '../../sim/main.ts';
import { nodeConfig, type SimOptions } from '../../sim/options.ts';
import { mix } from '../../sim/streams.ts';
import type { Input } from '../../src/step-types.ts';
import { create, step, type NodeState } from '../../src/step.ts';
import type { Moment, Peer } from '../../src/types.ts';
import { smallOptions, WatchedRun } from './sim-kit.ts';

const options: SimOptions = {
  ...smallOptions,
  nodes: 60,
  seed: 'same',
  tables: 'joined',
  loss: 0.02,
  churn: { type: 'exponential', meanOnMs: 60_000, meanOffMs: 30_000 },
  lookups: 100,
  puts: 20,
  gets: 50,
};

const child = fileURLToPath(new URL('./digest-child.js', import.meta.url));

async function digestElsewhere(of: SimOptions): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(of)]);
  return stdout;
}

test('the same seed gives the same digest in two processes, another seed another', async (t) => {
  const [one, two, other] = await Promise.all([
    digestElsewhere(options),
    digestElsewhere(options),
    digestElsewhere({ ...options, seed: 'other' }),
  ]);
  t.regex(one, /^[0-9a-f]{64}$/);
  t.is(two, one);
  t.is(simulate(options, 'another version').digest, one);
  t.not(other, one);
  t.not(simulate({ ...options, loss: 0.021 }, 'test').digest, one, 'the options are part of it');
});

test('with every message as bytes the digest is the same', (t) => {
  const plain = simulate(options, 'test');
  const wired = simulate({ ...options, wire: true }, 'test');
  t.is(wired.digest, plain.digest);
  t.deepEqual(
    [wired.messages, wired.events, wired.lookups, wired.values],
    [plain.messages, plain.events, plain.lookups, plain.values],
  );
});

test('one flipped bit of one delivered message gives another digest', (t) => {
  const still = { ...options, nodes: 20, loss: 0, churn: { type: 'none' }, wire: true } as const;
  let messages = 0;
  const lengths: number[] = [];
  const { digest } = simulate(still, 'test', {
    touch: (bytes) => void (lengths[messages++] = bytes.length),
  });
  for (let i = 0; i < 16; i++) {
    const chosen = (mix(7, i, 0) >>> 0) % messages;
    const length = lengths[chosen] ?? 0;
    // Long frames name peers; of those only the head, because the addresses further on are the
    // hosts' alone, and no core ever sees them.
    const at = (mix(7, i, 1) >>> 0) % (length > 45 ? 9 : length);
    const flipped = simulate(still, 'test', {
      touch: (bytes, message) => {
        if (message === chosen) bytes[at] = (bytes[at] ?? 0) ^ (1 << (i & 7));
      },
    });
    t.not(flipped.digest, digest, `bit ${i & 7} of byte ${at} of message ${chosen}`);
  }
});

/** A birth (no input) or a step of a node, as the world made it. */
interface Recorded {
  readonly peer: Peer;
  readonly nowUs: number;
  readonly moment: Moment;
  readonly input: Input | undefined;
}

/** Records a run from outside: what the world does to each node, in order. */
function record(run: WatchedRun, log: Recorded[]): void {
  const { world } = run;
  const { population, keys } = world;
  const momentOf = (peer: Peer): Moment => ({
    now: world.nowMs,
    wall: WALL_START_MS + world.nowMs,
    entropy: mix(keys.entropy, peer, population.own(peer)[1] ?? 0),
  });
  const [begin, makeStep] = [world.begin.bind(world), world.step.bind(world)];
  world.begin = (peer) => {
    log.push({ peer, nowUs: world.now, moment: momentOf(peer), input: undefined });
    begin(peer);
  };
  world.step = (peer, input) => {
    if (population.isOnline(peer)) {
      log.push({ peer, nowUs: world.now, moment: momentOf(peer), input });
    }
    makeStep(peer, input);
  };
}

/** A fold of a node that has done nothing yet. */
function blank(): Fingerprint {
  const print = new Fingerprint();
  print.a = 0;
  print.b = 0;
  return print;
}

test('the recorded inputs alone lead to the same digest of every node', (t) => {
  const run = new WatchedRun(options);
  const log: Recorded[] = [];
  record(run, log);
  run.toEnd(100_000);
  const { population } = run.world;
  const states: (NodeState | undefined)[] = [];
  const prints: Fingerprint[] = [];
  for (const { peer, nowUs, moment, input } of log) {
    if (input === undefined) {
      states[peer] = create(peer, nodeConfig(options), moment, { records: [], peers: [] });
      continue;
    }
    const state = states[peer];
    if (state === undefined) return t.fail(`node ${peer} has a step before it was born`);
    const next = step(state, moment, input, population.directory);
    states[peer] = next.state;
    const print = (prints[peer] ??= blank());
    print.number(nowUs);
    inputWords(print, input);
    effectsWords(print, next.effects);
  }
  t.true(log.length > 10_000);
  for (let peer = 0; peer < population.count; peer++) {
    const { a, b } = prints[peer] ?? blank();
    t.deepEqual([a, b], [population.fold(peer, 0), population.fold(peer, 1)]);
    if (population.isOnline(peer)) t.deepEqual(states[peer], population.states[peer]);
  }
});
