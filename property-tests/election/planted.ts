/**
 * Cores with a planted mistake: the built one with a few words of it changed. A test that cannot
 * find these would find nothing.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Core } from './voter.ts';

type Rules = typeof import('../../src/state/election.ts');

interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mistake {
  readonly name: string;
  /** The rule that it breaks. */
  readonly breaks: RegExp;
  readonly changes: readonly Change[];
  /** By what its leaders see that they lead, if not by the monotonic clock. */
  readonly leadsBy?: 'wall';
}

const VOTER = 'election/voter.js';
const BALLOT = 'election/ballot.js';
const ELECTION = 'state/election.js';
const MAJORITY = 'majority.js';
const INTRODUCERS = 'election/introducers.js';
const LEADER = 'election/leader.js';
const FOLLOWER = 'election/follower.js';
const CANDIDATE = 'election/candidate.js';
const TURN = 'election/turn.js';

/** From a time of the monotonic clock to one of the wall clock, as both are now. */
const TO_WALL = '- draft.now + draft.moment.wall';

export const MISTAKES: readonly Mistake[] = [
  {
    name: 'votes twice in a term',
    breaks: /^E[13]:/m,
    changes: [
      {
        file: VOTER,
        from: 'term === ballot.term && ballot.vote === undefined',
        to: 'term === ballot.term',
      },
    ],
  },
  {
    name: 'speaks of a term before it is on disk',
    breaks: /^E2:/m,
    changes: [{ file: BALLOT, from: 'if (writing === 0)', to: 'if (writing !== null)' }],
  },
  {
    name: 'counts its promise on the wall clock',
    breaks: /^E5:/m,
    changes: [
      { file: BALLOT, from: 'promiseFrom(now)', to: 'promiseFrom(draft.moment.wall)' },
      { file: VOTER, from: 'now < election', to: 'draft.moment.wall < election' },
      { file: VOTER, from: 'promisedUntil: now', to: 'promisedUntil: draft.moment.wall' },
      { file: LEADER, from: 'promiseFrom(now);', to: 'promiseFrom(draft.moment.wall);' },
      { file: LEADER, from: 'promisedUntil: now', to: 'promisedUntil: draft.moment.wall' },
      {
        file: CANDIDATE,
        from: 'now >= election.promisedUntil',
        to: 'draft.moment.wall >= election.promisedUntil',
      },
      { file: FOLLOWER, from: 'Math.max(now, election.promisedUntil)', to: 'now' },
      { file: TURN, from: 'promiseFrom(moment.now);', to: 'promiseFrom(moment.wall);' },
      { file: TURN, from: 'promisedUntil + STAND', to: 'promiseFrom(moment.now) + STAND' },
      { file: TURN, from: 'promisedUntil > draft.now', to: 'promisedUntil > draft.moment.wall' },
    ],
  },
  {
    name: 'counts its lease on the wall clock',
    breaks: /^E5:/m,
    leadsBy: 'wall',
    changes: [
      { file: LEADER, from: '{ sentAt: vote.sentAt,', to: `{ sentAt: vote.sentAt ${TO_WALL},` },
      { file: LEADER, from: 'now >= role.leaseUntil', to: 'draft.moment.wall >= role.leaseUntil' },
      { file: LEADER, from: '{ sentAt: now,', to: `{ sentAt: now ${TO_WALL},` },
      { file: LEADER, from: 'sentAt: call.sentAt', to: `sentAt: call.sentAt ${TO_WALL}` },
      {
        file: LEADER,
        from: 'isLeading(election, now)',
        to: 'isLeading(election, draft.moment.wall)',
      },
      { file: LEADER, from: 'Math.min(beatAt, leaseUntil)', to: 'beatAt' },
    ],
  },
  {
    name: 'leads on after a pause without a look at its lease',
    breaks: /^E[57]:/m,
    changes: [
      { file: LEADER, from: 'now >= role.leaseUntil', to: 'now >= Infinity' },
      { file: LEADER, from: 'Math.min(beatAt, leaseUntil)', to: 'beatAt' },
    ],
  },
  {
    name: 'leads by a list in which it has no seat',
    breaks: /^E8:/m,
    changes: [{ file: LEADER, from: '!proposed.peers.includes(self)', to: 'false' }],
  },
  {
    name: 'decides by what is no input',
    breaks: /^E10:/m,
    changes: [
      {
        file: FOLLOWER,
        from: 'STAND_MS_MIN + below(',
        to: '(globalThis.hidden = ((globalThis.hidden ?? 0) + 1) % 64) + below(',
      },
    ],
  },
  {
    name: 'obeys a leader of an earlier term',
    breaks: /^E6:/m,
    changes: [{ file: VOTER, from: 'term >= latestTerm(election) && ', to: '' }],
  },
  {
    name: 'takes the list of a leader of an earlier term',
    breaks: /^E6:/m,
    changes: [{ file: INTRODUCERS, from: 'list.term < latestTerm(election) || ', to: '' }],
  },
  {
    name: 'leads for longer than the others promised',
    breaks: /^E5:/m,
    changes: [{ file: ELECTION, from: '+ LEASE_HELD_MS', to: '+ LEASE_HELD_MS + 250' }],
  },
  {
    name: 'leads with half of the votes',
    breaks: /^E4:/m,
    changes: [{ file: MAJORITY, from: 'Math.floor(count / 2) + 1', to: 'Math.ceil(count / 2)' }],
  },
];

/** Breaks E9, which is a matter of course and of no single step: see `isolation.test.ts`. */
export const NO_WAY_AHEAD: Mistake = {
  name: 'gives its own leader no vote for a later term',
  breaks: /leads/,
  changes: [{ file: VOTER, from: ' && from !== election.leader', to: '' }],
};

/** Works with the changed core, which is gone afterwards. */
export async function withMistake<T>(
  { changes, leadsBy }: Mistake,
  work: (core: Core) => T,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'orrery-planted-'));
  try {
    const built = fileURLToPath(new URL('../../src/', import.meta.url));
    await cp(built, join(dir, 'src'), { recursive: true });
    await writeFile(join(dir, 'package.json'), '{"type":"module"}');
    for (const { file, from, to } of changes) {
      const path = join(dir, 'src', file);
      const text = await readFile(path, 'utf8');
      if (!text.includes(from)) throw new Error(`${file} has no "${from}": plant the mistake anew`);
      await writeFile(path, text.replace(from, to));
    }
    const load = async (file: string): Promise<unknown> =>
      await import(pathToFileURL(join(dir, 'src', file)).href);
    const { create } = (await load('create.js')) as Pick<Core, 'create'>;
    const { step } = (await load('step.js')) as Pick<Core, 'step'>;
    const { isLeading } = (await load(ELECTION)) as Rules;
    return work({
      create,
      step,
      leads: ({ election }, { now, wall }) => isLeading(election, leadsBy === 'wall' ? wall : now),
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
