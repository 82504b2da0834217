/**
 * What the caller of a report can put right: a folder without a result, a damaged file.
 *
 * Invariant: the message is one line that names the file at fault and says what to do.
 */

export class ReportFault extends Error {
  override readonly name = 'ReportFault';
}
