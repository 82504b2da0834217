/**
 * A lane of `npm run test:deep`, and what it has to say in the end: lines to be told, and what did
 * not hold.
 */
export interface Report {
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}

/** @param say takes lines of progress */
export type RunLane<Flags> = (
  flags: Flags,
  signal: AbortSignal,
  say: (line: string) => void,
) => Promise<Report>;
