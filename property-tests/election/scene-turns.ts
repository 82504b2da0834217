/**
 * All that can happen next in a scene, and the scene that it leads to.
 *
 * Time is abstract: each voter has a clock of its own, which stands still while messages arrive and
 * goes on only to the end of its promise (`lapse`) or to when its role is due (`fire`), at any
 * moment whatever the other clocks say. So every order of timers and messages is covered, also
 * those that no real clocks could bring about, and the lease (E5) is not judged here. Messages
 * arrive in any order, once, late or never; a write ends at any later moment, one after the other;
 * a crash drops what is on its way to its victim, which starts again at once. Not covered: copies
 * of messages, failing disks, lists of voters that change, voters that leave in order.
 */
import { PeerDirectory } from '../../host/directory.ts';
import { defaultConfig } from '../../src/config.ts';
import type { Input } from '../../src/step-types.ts';
import type { Ballot, Message, Moment, Voters } from '../../src/types.ts';
import { flightKey, isElection } from './scene-key.ts';
import { judgeStep } from './scene-judge.ts';
import { siteAt, SITES, type Flight, type Scene, type Site } from './scene.ts';
import type { Core } from './voter.ts';

/** What happens, and what comes of it. */
export interface Turn {
  readonly what: string;
  readonly next: () => Scene;
}

const LIST: Voters = { version: 1, peers: SITES };
/** Deadlines of calls hang on when they were made alone. */
const CONFIG = { ...defaultConfig, timeoutMs: 3000 };
const directory = new PeerDirectory();
for (const site of SITES) directory.add(Array.from({ length: 8 }, (_, i) => (site << 30) + i));

function momentOf(now: number): Moment {
  return { now, wall: 1, entropy: 0 };
}

export function newSite(core: Core, self: number, disk: Ballot | undefined, life: number): Site {
  const kept = { records: [], peers: [], ballot: disk, voters: LIST };
  const state = core.create(self, CONFIG, momentOf(1), kept);
  return { state, now: 1, disk, writes: [], life };
}

/** All that can happen next. */
export function turnsOf(core: Core, scene: Scene): readonly Turn[] {
  return [
    ...arrivals(core, scene),
    ...SITES.flatMap((at) => [...timers(core, scene, at), ...writes(core, scene, at)]),
    ...(scene.crashesLeft > 0 ? SITES.flatMap((at) => crashes(core, scene, at)) : []),
  ];
}

function arrivals(core: Core, scene: Scene): readonly Turn[] {
  return scene.flights.map((flight) => ({
    what: `${flight.message.body.type} ${flight.from} > ${flight.to}`,
    next: () => arrive(core, scene, flight),
  }));
}

function arrive(core: Core, scene: Scene, flight: Flight): Scene {
  const { from, to, message, life } = flight;
  const flights = scene.flights.filter((other) => other !== flight);
  // What its peers see as the number of a call says of which life it is.
  const call = message.type === 'request' ? message.call + life * CALLS : message.call;
  const input: Input = { type: 'message', from, message: { ...message, call } };
  return happen(core, { ...scene, flights }, to, input, 0);
}

function timers(core: Core, scene: Scene, at: number): readonly Turn[] {
  const site = siteAt(scene, at);
  const { promisedUntil, dueAt } = site.state.election;
  const turns: Turn[] = [];
  if (site.now < promisedUntil && promisedUntil < dueAt) {
    const next = (): Scene => happen(core, scene, at, { type: 'wake' }, promisedUntil);
    turns.push({ what: `lapse ${at}`, next });
  }
  if (dueAt < Infinity) {
    const next = (): Scene => happen(core, scene, at, { type: 'wake' }, dueAt);
    turns.push({ what: `fire ${at}`, next });
  }
  return turns;
}

function writes(core: Core, scene: Scene, at: number): readonly Turn[] {
  const site = siteAt(scene, at);
  const [first, ...rest] = site.writes;
  if (first === undefined) return [];
  const written = withSite(scene, at, { ...site, disk: first.ballot, writes: rest });
  const input: Input = { type: 'persisted', token: first.token, ok: true };
  return [{ what: `disk ${at}`, next: () => happen(core, written, at, input, 0) }];
}

/** With what was being written lost, or just written. */
function crashes(core: Core, scene: Scene, at: number): readonly Turn[] {
  const site = siteAt(scene, at);
  const flights = scene.flights.filter(({ to }) => to !== at);
  const disks = new Set([site.disk, site.writes.at(-1)?.ballot ?? site.disk]);
  return [...disks].map((disk) => ({
    what: `crash ${at} with ${disk?.term ?? 'nothing'}`,
    next: () => ({
      ...withSite(scene, at, newSite(core, at, disk, site.life + 1)),
      flights,
      crashesLeft: scene.crashesLeft - 1,
    }),
  }));
}

/** One step of one voter, judged; with its clock put forward when it stood before a time. */
export function happen(core: Core, scene: Scene, at: number, input: Input, until: number): Scene {
  const before = siteAt(scene, at);
  const now = Math.max(before.now, until);
  const step = core.step(before.state, momentOf(now), input, directory);
  const flights = [...scene.flights];
  const writes = [...before.writes];
  for (const effect of step.effects) {
    if (effect.type === 'persist') {
      for (const write of effect.writes) {
        if (write.type === 'ballot') writes.push({ token: effect.token, ballot: write.ballot });
      }
    } else if (effect.type === 'send' && isElection(effect.message)) {
      const flight = flightOf(scene, at, before.life, effect.to, effect.message);
      if (flight !== undefined) flights.push(flight);
    }
  }
  const next = withSite(scene, at, { ...before, state: step.state, now, writes });
  const past = judgeStep(scene.past, before, input, step);
  return { ...next, flights, past };
}

/** A reply to a life that is over goes nowhere. */
function flightOf(
  scene: Scene,
  from: number,
  ownLife: number,
  to: number,
  message: Message,
): Flight | undefined {
  const life = message.type === 'request' ? ownLife : Math.floor(message.call / CALLS);
  if (message.type === 'reply' && siteAt(scene, to).life !== life) return undefined;
  const call = message.call % CALLS;
  const plain = { ...message, call };
  return { from, to, message: plain, life, key: flightKey(from, to, life, plain) };
}

function withSite(scene: Scene, at: number, site: Site): Scene {
  return { ...scene, sites: scene.sites.map((other, i) => (i === at ? site : other)) };
}

/** A life has fewer calls. */
const CALLS = 2 ** 16;
