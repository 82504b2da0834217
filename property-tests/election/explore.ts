/**
 * Every history of three voters up to a number of events, from a scene to start with: breadth
 * first, each scene once. `scene-turns.ts` says what can happen and what cannot.
 *
 * Two scenes to start with: all at rest, no promise given; and two voters that stand in the same
 * term, their own votes on the way to their disks, which is where histories from rest get to only
 * after ten events.
 */
import { keyOf } from './scene-key.ts';
import { happen, newSite, turnsOf } from './scene-turns.ts';
import { noPast, siteAt, SITES, type Scene } from './scene.ts';
import type { Core } from './voter.ts';

export type Start = 'at rest' | 'two stand';

export interface Explored {
  /** Scenes that differ, with the first one. */
  readonly scenes: number;
  readonly events: number;
  readonly depth: number;
  /** Scenes in which somebody leads. */
  readonly leaders: number;
  /** The first broken rules, each with the events that led to it. */
  readonly findings: readonly string[];
}

/** @param onDepth is told of each depth when all of it was seen, and how many scenes it has */
export function explore(
  core: Core,
  start: Start,
  depth: number,
  onDepth?: (depth: number, scenes: number) => void,
): Explored {
  const first: Visit = { scene: start === 'at rest' ? atRest(core) : twoStand(core), path: [] };
  const seen = new Set([keyOf(first.scene)]);
  const findings: string[] = [];
  let [events, leaders] = [0, 0];
  const isClean = (): boolean => findings.length === 0;
  let front: Visit[] = [first];
  let at = 0;
  for (; at < depth && isClean(); at++) {
    const beyond: Visit[] = [];
    for (const { scene, path } of front) {
      for (const { what, next } of turnsOf(core, scene)) {
        const reached = next();
        events += 1;
        const key = keyOf(reached);
        if (seen.has(key)) continue;
        seen.add(key);
        if (isLed(reached)) leaders += 1;
        const [finding] = reached.past.findings;
        const story = [path, what] as const;
        if (finding !== undefined) findings.push(`${finding}: ${flat(story).join(', ')}`);
        if (findings.length >= FINDINGS_MAX) break;
        beyond.push({ scene: reached, path: story });
      }
    }
    front = beyond;
    onDepth?.(at + 1, beyond.length);
  }
  return { scenes: seen.size, events, depth: at, leaders, findings };
}

/** All have their first ballots on disk, know one another, and have promised nothing to anybody. */
function atRest(core: Core): Scene {
  const sites = SITES.map((self) => newSite(core, self, undefined, 1));
  let scene: Scene = { sites, flights: [], crashesLeft: 0, past: noPast };
  for (const at of SITES) {
    for (const from of SITES) if (from !== at) scene = meet(core, scene, at, from);
    scene = happen(core, scene, at, { type: 'wake' }, 2);
    scene = turned(core, scene, `disk ${at}`);
    scene = turned(core, scene, `lapse ${at}`);
  }
  return { ...scene, crashesLeft: 1 };
}

/** A voter is called by another and calls it back: from then on it is a contact. */
function meet(core: Core, scene: Scene, at: number, from: number): Scene {
  const ping = { type: 'request', call: 1, body: { type: 'ping' } } as const;
  const called = happen(core, scene, at, { type: 'message', from, message: ping }, 0);
  const call = siteAt(called, at).state.counter;
  const pong = { type: 'reply', call, body: { type: 'ok' } } as const;
  return happen(core, called, at, { type: 'message', from, message: pong }, 0);
}

/** The voters 0 and 2 have asked 1 whether it would vote for them, and it would. */
function twoStand(core: Core): Scene {
  let scene: Scene = { ...atRest(core), crashesLeft: 0 };
  for (const at of [0, 2]) scene = turned(core, scene, `fire ${at}`);
  for (const at of [0, 2]) {
    scene = turned(core, scene, `vote ${at} > 1`);
    scene = turned(core, scene, `term 1 > ${at}`);
  }
  return { ...scene, flights: [], crashesLeft: 1 };
}

function turned(core: Core, scene: Scene, what: string): Scene {
  const turn = turnsOf(core, scene).find((one) => one.what === what);
  if (turn === undefined) throw new Error(`"${what}" cannot happen`);
  return turn.next();
}

function isLed({ sites }: Scene): boolean {
  return sites.some(({ state }) => state.election.role.type === 'leader');
}

interface Visit {
  readonly scene: Scene;
  readonly path: Path;
}

/** The events so far, the last one at its end: they share what they have in common. */
type Path = readonly [] | readonly [Path, string];

function flat(path: Path): readonly string[] {
  const [before, what] = path;
  return before === undefined ? [] : [...flat(before), what ?? ''];
}

const FINDINGS_MAX = 5;
