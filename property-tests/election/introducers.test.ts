// The list of introducers in small simulated networks: it reaches everybody, never goes back, dies
// with no leader, and what it costs the network to lose its leader is a few seconds without one.
import assert from 'node:assert/strict';
import test from 'ava';
import { runApart } from '../../sim/edge/apart.ts';
import { simulate } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import { step } from '../../src/step.ts';
import type { Introducers, Message, Peer } from '../../src/types.ts';
import { smallOptions, WatchedRun } from '../sim/sim-kit.ts';

const options: SimOptions = { ...smallOptions, nodes: 60, voters: 3, durationMs: 90_000 };
const crash = (atMs: number, returnMs: number | null) =>
  ({ type: 'leader-crash', atMs, returnMs }) as const;

test('the list of a leader reaches nearly everybody, voters first on it', (t) => {
  const run = new WatchedRun(options);
  run.toEnd(20_000);
  const lists = run.world.population.states.map((state) => state?.election.introducers);
  const newest = Math.max(...lists.map((list) => list?.serial ?? 0));
  t.true(newest >= 3);
  t.true(lists.filter((list) => list?.serial === newest).length >= 50);
  const [list] = lists.filter((one) => one?.serial === newest);
  t.deepEqual(list?.peers.slice(0, 3), [0, 1, 2]);
  t.is(list?.peers.length, 8);
  t.is(new Set(list?.peers).size, 8);
});

test('no node takes an earlier list for a later one, while leaders come and go', (t) => {
  const faults = [crash(10_000, 5000), crash(30_000, 5000), crash(50_000, 5000)];
  const run = new WatchedRun({ ...options, faults, loss: 0.1, seed: '3' });
  const told = new Map<string, number>();
  let later = 0;
  for (let event = 0; run.advance(); event++) {
    if (event % 50 > 0) continue;
    run.world.population.states.forEach((state, peer) => {
      if (state === undefined) return;
      const life = `${peer} ${run.world.population.lifeOf(peer)}`;
      const rank = rankOf(state.election.introducers);
      const before = told.get(life) ?? 0;
      assert.ok(rank >= before, `node ${peer} went from ${before} back to ${rank}`);
      if (before > 0 && Math.floor(rank / SERIALS) > Math.floor(before / SERIALS)) later++;
      told.set(life, rank);
    });
  }
  // Lists of later terms took the place of earlier ones nearly everywhere.
  t.true(later > 2 * options.nodes, `${later}`);
});

test('what a leader of an earlier term says is refused, by voters and by all others', (t) => {
  const run = new WatchedRun({ ...options, durationMs: 40_000, faults: [crash(5000, null)] });
  run.toEnd(20_000);
  const { states, directory } = run.world.population;
  for (const peer of [1, 2, 30, 59]) {
    const before = states[peer];
    const list = before?.election.introducers;
    if (before === undefined || list === undefined) continue;
    t.true(list.term > 1);
    const now = run.world.nowMs + 1;
    const announced = (introducers: Introducers): readonly Effect[] => {
      const body = { type: 'announce', introducers } as const;
      const from = peer === 1 ? 2 : 1;
      const message: Message = { type: 'request', call: 1, body };
      const input: Input = { type: 'message', from, message };
      const moment = { now, wall: run.world.wallMs + 1, entropy: 7 };
      return step(before, moment, input, directory).effects;
    };
    const earlier = { ...list, term: list.term - 1, serial: list.serial + 100 };
    t.deepEqual(answersIn(announced(earlier)), ['stale']);
    t.deepEqual(answersIn(announced({ ...list, serial: list.serial - 1 })), ['stale']);
    t.deepEqual(answersIn(announced({ ...list, serial: list.serial + 1 })), ['ok']);
    t.deepEqual(answersIn(announced({ ...list, term: list.term + 1 })), ['ok']);
    const other = list.leader === 2 ? 1 : 2;
    t.deepEqual(answersIn(announced({ ...list, leader: other, serial: 99 })), ['stale']);
  }
});

test('a newcomer that asks is told the leader first, and others whom the node knows', (t) => {
  const run = new WatchedRun(options);
  run.toEnd(20_000);
  const { states, directory } = run.world.population;
  const state = states[40];
  if (state === undefined) return t.fail('a node that is there');
  const message: Message = { type: 'request', call: 1, body: { type: 'introduce' } };
  const moment = { now: run.world.nowMs + 1, wall: run.world.wallMs + 1, entropy: 7 };
  const { effects } = step(state, moment, { type: 'message', from: 7, message }, directory);
  const [body] = effects.flatMap((effect) => (effect.type === 'send' ? effect.message.body : []));
  if (body?.type !== 'introduction') return t.fail(body?.type);
  t.deepEqual(body.introducers, state.election.introducers);
  t.is(body.peers[0], body.introducers?.leader);
  t.is(body.peers.length, 8);
  t.false(body.peers.includes(7 satisfies Peer));
});

test('leaders that crash are followed in seconds; wire and threads change nothing', async (t) => {
  const faults = [crash(10_000, 8000), crash(40_000, 8000), crash(70_000, null)];
  const voting: SimOptions = { ...options, voters: 5, faults, seed: '5' };
  const result = simulate(voting, 'test');
  const { election } = result;
  if (election === undefined) return t.fail('there are voters');
  t.deepEqual([election.crashes, election.stepDowns, election.overlap], [3, 0, 0]);
  t.is(election.failoverMs.count, 3);
  t.true((election.failoverMs.max ?? Infinity) < 8000);
  const divided = await runApart({ ...voting, workers: 3 }, 'test', {});
  for (const again of [simulate({ ...voting, wire: true }, 'test'), divided.result]) {
    t.is(again.digest, result.digest);
    t.deepEqual(again.election, election);
  }
});

const SERIALS = 1_000_000;
function rankOf(list: Introducers | undefined): number {
  return list === undefined ? 0 : list.term * SERIALS + list.serial;
}

function answersIn(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => {
    if (effect.type !== 'send' || effect.message.type !== 'reply') return [];
    const { body } = effect.message;
    return body.type === 'refused' ? body.reason : body.type;
  });
}
