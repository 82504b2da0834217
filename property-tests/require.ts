/**
 * What a test may need and a machine may lack, such as the openssl command.
 *
 * Rule: without it the test says so and passes, so that a stranger's `npm test` is green; with
 * ORRERY_REQUIRE=all, as on the project's own machines, the same absence is a failure.
 */
import type { ExecutionContext } from 'ava';

/** Whether the test may go on; when not, it has been settled here. */
export function requireOrSkip(t: ExecutionContext, available: boolean, what: string): boolean {
  if (available) return true;
  if (process.env['ORRERY_REQUIRE'] === 'all') {
    t.fail(`${what} is required here (ORRERY_REQUIRE=all) and missing`);
  } else {
    t.log(`skipped: ${what} is not available on this machine`);
    t.pass();
  }
  return false;
}
