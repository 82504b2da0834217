/**
 * What proves who a node is runs out: its certificate, and its revocation list, without which it
 * lets nobody in (RFC 5280, section 5.1.2.5). Both end on a day that the authority has set, and
 * other nodes refuse links from then on. So the node says so ahead of time, once a day.
 */
import { ENDING_LOOK_MS, ENDING_SOON_MS } from '../bounds.ts';
import type { Log } from '../log.ts';
import type { Identity } from './identity.ts';
import type { LiveIdentity } from './live-identity.ts';

/** Days as ISO dates with their times. */
export interface Endings {
  readonly certificateUntil: string;
  /** None where ids are addresses and no list is kept. */
  readonly revocationsUntil: string | undefined;
}

export function endingsOf({ notAfterMs, crlNextUpdateMs }: Identity): Endings {
  return {
    certificateUntil: new Date(notAfterMs).toISOString(),
    revocationsUntil: Number.isFinite(crlNextUpdateMs)
      ? new Date(crlNextUpdateMs).toISOString()
      : undefined,
  };
}

/** @returns ends it */
export function watchEndings(identity: LiveIdentity, log: Log, wallMs = Date.now): () => void {
  const look = (): void => {
    const { notAfterMs, crlNextUpdateMs } = identity.now;
    const soonMs = wallMs() + ENDING_SOON_MS;
    const { certificateUntil, revocationsUntil } = endingsOf(identity.now);
    if (notAfterMs < soonMs) log.warn({ certificateUntil }, 'the certificate runs out: renew it');
    if (crlNextUpdateMs < soonMs) {
      log.warn({ revocationsUntil }, 'the revocation list runs out: copy a newer one');
    }
  };
  look();
  const timer = setInterval(look, ENDING_LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
