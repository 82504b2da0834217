/**
 * Cores with a planted mistake: the built one with a few words of it changed. A test that cannot
 * find these would find nothing.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Core } from './voter.ts';

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
}

const VOTER = 'election/voter.js';
const BALLOT = 'election/ballot.js';
const ELECTION = 'election/election.js';

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
      { file: BALLOT, from: 'promiseFrom(now)', to: 'promiseFrom(draft.moment.wall - 1e12)' },
      {
        file: VOTER,
        from: 'now >= election.promisedUntil;',
        to: 'draft.moment.wall - 1e12 >= election.promisedUntil;',
      },
    ],
  },
  {
    name: 'obeys a leader of an earlier term',
    breaks: /^E6:/m,
    changes: [{ file: VOTER, from: 'term >= nextTerm(election) - 1 && ', to: '' }],
  },
  {
    name: 'leads as long as the others promised',
    breaks: /^E5:/m,
    changes: [{ file: ELECTION, from: '+ LEASE_HELD_MS', to: '+ LEASE_HELD_MS + 100' }],
  },
  {
    name: 'leads with half of the votes',
    breaks: /^E4:/m,
    changes: [{ file: ELECTION, from: '(peers.length >>> 1) + 1', to: '(peers.length + 1) >>> 1' }],
  },
];

/** Works with the changed core, which is gone afterwards. */
export async function withMistake<T>({ changes }: Mistake, work: (core: Core) => T): Promise<T> {
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
    const core = {
      ...((await load('create.js')) as object),
      ...((await load('step.js')) as object),
    };
    return work(core as Core);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
