/**
 * What the end of a dial or of a link means to the operator of this node: whether a peer was at
 * fault and, for a bootstrap node, whose certificate is and what to do. The rest of the reasons
 * (nobody there, no route) speak for themselves.
 *
 * Rule: reasons are the codes of OpenSSL's verification, as node:tls hands them on, and the
 * ends of a link. Our own list always fits our authority (`identity/identity.ts`), so a certificate
 * whose list is not found is another authority's. A peer that refuses ours only closes: TLS 1.3
 * lets the asking side finish its handshake before it is judged.
 */
import { FAILED_AGAIN_MS } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { foreignText } from '../log.ts';
import type { Log } from '../log.ts';
import { formatEndpoint } from './address.ts';
import type { Endpoint } from './address.ts';

/**
 * How loud the end of a dial or of a link is told: the fault of a peer is always told, that nobody
 * was there, or that a link was no longer needed, only to those who ask for it.
 */
export function levelOf(reason: string): 'debug' | 'warn' {
  return SILENCE.test(reason) || NOT_NEEDED.test(reason) ? 'debug' : 'warn';
}

/**
 * Logs the first failure of each bootstrap node, then one failure of any in a while, and what to do
 * about it once: a node tries its bootstrap nodes for ever.
 */
export function bootstrapTeller(log: Log): (endpoint: Endpoint, reason: string) => void {
  // As bounded as the bootstrap nodes and the sentences below.
  const told = new Set<string>();
  let toldAt = -Infinity;
  return (endpoint, reason) => {
    const at = formatEndpoint(endpoint);
    const now = monotonicMs();
    const isTold = !told.has(at) || now - toldAt >= FAILED_AGAIN_MS;
    if (isTold) toldAt = now;
    told.add(at);
    log[isTold ? 'info' : 'debug']({ at, reason: foreignText(reason) }, 'bootstrap node failed');
    const advice = ADVICE.get(reason);
    if (advice === undefined || told.has(at + advice)) return;
    told.add(at + advice);
    log.warn({ at }, `the bootstrap node ${advice}`);
  };
}

/** Errors of the system are ECONNREFUSED and the like; those of TLS begin with ERR_. */
const SILENCE = /^(E(?!RR_)|closed|no (address|answer|byte|dial|handshake|hello)\b)/;
const NOT_NEEDED = /^(goodbye|stopping|duplicate|idle)\b/;
const FOREIGN =
  'presents a certificate of another authority: nodes meet only with certificates of one ' +
  'authority (docs/operations.md, Certificates)';
const CLOSES =
  'closes before its hello: it may refuse our certificate (another authority, revoked, or its ' +
  'list is out of date), or no node listens there';
const OTHER_MODE =
  'has ids of another kind: either both nodes run with --classic, or neither (docs/classic.md)';
const UNTIMELY =
  'presents a certificate that is not valid now: check both clocks, or issue it another';

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_GET_CRL', FOREIGN],
  ['UNABLE_TO_GET_ISSUER_CERT', FOREIGN],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', FOREIGN],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', FOREIGN],
  ['SELF_SIGNED_CERT_IN_CHAIN', FOREIGN],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', FOREIGN],
  ['CERT_SIGNATURE_FAILURE', FOREIGN],
  ['CERT_HAS_EXPIRED', UNTIMELY],
  ['CERT_NOT_YET_VALID', UNTIMELY],
  ['CERT_REVOKED', 'presents a certificate that has been revoked: issue it another'],
  [
    'CRL_HAS_EXPIRED',
    'cannot be judged, our revocation list is out of date: run "npx orrery ca refresh" and copy ' +
      'revoked.crl here',
  ],
  ['hello refused: identity', OTHER_MODE],
  ['goodbye: identity', OTHER_MODE],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', OTHER_MODE],
  ['ECONNRESET', CLOSES],
  ['closed', CLOSES],
  ['closed by the peer', CLOSES],
  ['closed during the handshake', CLOSES],
]);
