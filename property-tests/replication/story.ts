/**
 * What happens to a fleet, as fast-check draws it: what clients ask, and which nodes crash, come
 * back, leave or get slow. Nodes and keys are named by number, so that a story still makes sense
 * after shrinking.
 */
import fc from 'fast-check';
import { positionOf } from '../../src/position.ts';
import { contactCount } from '../../src/table/table.ts';
import { plain } from '../core/arbitraries.ts';
import { calm, type Faults } from './faults.ts';
import type { Fleet } from './fleet.ts';

export type Event =
  | { readonly type: 'put'; readonly key: number; readonly replication: number }
  | { readonly type: 'get'; readonly key: number }
  | { readonly type: 'crash' | 'wipe' | 'start' | 'leave' | 'newcomer' }
  | { readonly type: 'slow'; readonly ms: number };

export interface Chapter {
  readonly node: number;
  readonly event: Event;
  readonly afterMs: number;
}

export interface Story {
  readonly seed: number;
  readonly size: number;
  readonly faults: Faults;
  readonly chapters: readonly Chapter[];
}

/** Keys of a story are numbered from 0. */
export const KEYS = 6;

type Kind = Event['type'];

/** @param kinds what may happen, beside PUTs and GETs */
export function stories(kinds: readonly Kind[], faults: Partial<Faults> = {}): fc.Arbitrary<Story> {
  return plain<Story>({
    seed: fc.integer(),
    size: fc.integer({ min: 6, max: 26 }),
    faults: plain<Faults>({
      lossShare: fc.constantFrom(0, 0.02, 0.15),
      delayMs: fc.constantFrom([5, 40] as const, [1, 400] as const),
      diskMs: fc.constantFrom([1, 5] as const, [1, 900] as const),
      failedWrites: fc.constantFrom(0, 0.1),
    }).map((drawn) => ({ ...drawn, ...faults })),
    chapters: fc.array(chapter(kinds), { minLength: 5, maxLength: 60, size: 'max' }),
  });
}

/** Tells it; what was begun may still be under way at the end. */
export function tell(fleet: Fleet, { faults, chapters }: Story): void {
  fleet.faults = faults;
  for (const { node, event, afterMs } of chapters) {
    fleet.run(afterMs);
    happen(fleet, node, event);
  }
}

/**
 * No more faults; who is down, or lost all others from sight, starts again from its disk. Then each
 * node looks for its neighbours, as it does every few minutes: whom it took for dead is not the
 * business of repair.
 */
export function heal(fleet: Fleet): void {
  fleet.faults = calm;
  for (const member of fleet.members) {
    member.slowMs = 0;
    if (member.state?.leaving === true) fleet.crash(member.peer);
    const isLost = member.state !== undefined && contactCount(member.state.table) === 0;
    if (isLost) fleet.crash(member.peer);
    if (member.state === undefined && member.life > 0) fleet.start(member.peer);
  }
  fleet.run(20_000);
  for (const { peer } of fleet.up) {
    fleet.command(peer, { type: 'lookup', target: positionOf(fleet.directory, peer) });
  }
  fleet.run(10_000);
}

function happen(fleet: Fleet, node: number, event: Event): void {
  const { members, up } = fleet;
  const member = up[node % up.length];
  const down = members.filter(({ state, life }) => state === undefined && life > 0);
  switch (event.type) {
    case 'put':
      if (member !== undefined)
        fleet.put(member.peer, event.key, { replication: event.replication });
      return;
    case 'get':
      if (member !== undefined) fleet.get(member.peer, event.key);
      return;
    case 'crash':
    case 'wipe':
      if (member === undefined || up.length < 4) return;
      return fleet.crash(member.peer, event.type === 'wipe' ? 'lost' : 'kept');
    case 'start': {
      const chosen = down[node % down.length];
      if (chosen !== undefined) fleet.start(chosen.peer);
      return;
    }
    case 'leave':
      if (member !== undefined && up.length > 4) fleet.command(member.peer, { type: 'leave' });
      return;
    case 'newcomer':
      if (members.length < 32) fleet.start(fleet.newcomer());
      return;
    case 'slow':
      if (member !== undefined) member.slowMs = event.ms;
      return;
  }
}

function chapter(kinds: readonly Kind[]): fc.Arbitrary<Chapter> {
  const key = (): fc.Arbitrary<number> => fc.nat({ max: KEYS - 1 });
  // The versions of even keys want as many replicas each.
  const puts = fc.tuple(key(), fc.constantFrom(1, 2, 3, 4, 8)).map(([at, drawn]): Event => ({
    type: 'put',
    key: at,
    replication: at % 2 === 0 ? 2 + at : drawn,
  }));
  const gets = plain<Event>({ type: fc.constant('get'), key: key() });
  const slow = plain<Event>({ type: fc.constant('slow'), ms: fc.constantFrom(0, 300, 2000) });
  const others = kinds.map((type) =>
    type === 'slow' ? slow : fc.constant({ type } as Extract<Event, { type: 'crash' }>),
  );
  return plain<Chapter>({
    node: fc.nat({ max: 999 }),
    event: fc.oneof(
      { weight: 2 * kinds.length, arbitrary: puts },
      { weight: 2 * kinds.length, arbitrary: gets },
      ...others.map((arbitrary) => ({ weight: 1, arbitrary })),
    ),
    afterMs: fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 300, max: 9000 }),
      fc.constantFrom(0, 60_000),
    ),
  });
}
