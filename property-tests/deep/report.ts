/**
 * What a lane of `npm run test:deep` has to say in the end: lines to be told, and what did not
 * hold.
 */
export interface Report {
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}
