/**
 * What happened on all links of a node since its start: counted in place by `links.ts`, read by
 * the status and the metrics of the node. Nothing decides by these numbers.
 */
export interface LinkCounts {
  /** Links that are up now. */
  linksUp: number;
  framesIn: number;
  framesOut: number;
  /** Replies to no open call, and replies of ours whose link was gone. */
  repliesUnasked: number;
  repliesHomeless: number;
  requestsDropped: number;
  /** Closed by a newer revocation list. */
  linksRevoked: number;
  /** Strangers turned away for want of room. */
  linksRefused: number;
}

export function noCounts(): LinkCounts {
  return {
    linksUp: 0,
    framesIn: 0,
    framesOut: 0,
    repliesUnasked: 0,
    repliesHomeless: 0,
    requestsDropped: 0,
    linksRevoked: 0,
    linksRefused: 0,
  };
}
