/**
 * What ends a run of real nodes and is no fault of this program: a node that was killed, a machine
 * that did not keep up.
 *
 * Invariant: the message is one line.
 */

export class PlayFault extends Error {
  override readonly name = 'PlayFault';
}
