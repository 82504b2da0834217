/**
 * The lanes of `npm run test:deep` in which real processes elect a leader and lose it.
 */
import { bootstrapKilled } from './bootstrap-killed.ts';
import { deadline } from './ending.ts';
import { leaderStopped } from './leader-stopped.ts';
import type { RunLane } from './report.ts';

type Lane = RunLane<{ readonly nodes?: number | undefined }>;

export const LEADER_LANES: Readonly<Record<'leader-stopped' | 'bootstrap-killed', Lane>> = {
  'leader-stopped': async ({ nodes = 5 }, signal, say) => {
    const plan = { nodes, stopsS: [1, 5, 20, 60, 120] };
    return await leaderStopped(plan, deadline(900_000, signal), say);
  },
  'bootstrap-killed': async ({ nodes = 20 }, signal, say) => {
    const plan = { nodes, newcomers: 3, joinMsMax: 5000 };
    return await bootstrapKilled(plan, deadline(300_000, signal), say);
  },
};
