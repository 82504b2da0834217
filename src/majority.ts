/**
 * How many are more than half: of the replicas of a record, of the voters of a leader. Two
 * majorities of one group share a member (Gifford, "Weighted voting for replicated data", 1979,
 * section 3).
 */

export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}
