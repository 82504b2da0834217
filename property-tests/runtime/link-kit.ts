// Ends of links for tests: real TLS, an address book and a directory of its own, and no core.
import type { ExecutionContext } from 'ava';
import { PeerDirectory } from '../../host/directory.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { InputBudget } from '../../runtime/input-budget.ts';
import { AddressBook } from '../../runtime/links/address-book.ts';
import { reachableAt } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { Admission } from '../../runtime/links/admission.ts';
import { BlindDials } from '../../runtime/links/blind-dials.ts';
import { Dialer } from '../../runtime/links/dialer.ts';
import type { CallFrame } from '../../runtime/links/link.ts';
import { Links } from '../../runtime/links/links.ts';
import { listenForLinks } from '../../runtime/links/listener.ts';
import { Placing } from '../../runtime/links/placing.ts';
import { silentLog } from '../../runtime/log.ts';
import type { Log } from '../../runtime/log.ts';
import { Slices } from '../../runtime/slices.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import type { CallId, Peer } from '../../src/types.ts';
import { ANY_PORT, identityAt } from './node-kit.ts';
import type { Site } from './node-kit.ts';

/** One end with links and no core: it notes what it is told. */
export interface End {
  readonly directory: PeerDirectory;
  readonly identity: Identity;
  readonly live: LiveIdentity;
  readonly links: Links;
  readonly listen: Endpoint;
  readonly book: AddressBook;
  readonly frames: CallFrame[];
  /** Whether requests are left open; else each is answered at once. */
  holds: boolean;
  readonly unreachable: CallId[];
  readonly peerOf: (other: { readonly identity: Pick<Identity, 'nodeId'> }) => Peer;
}

export interface EndOptions {
  readonly identity?: Identity;
  readonly listen?: Endpoint;
  readonly log?: Log;
  readonly placesMax?: number;
  readonly dialledMax?: number;
  /** Bytes of messages that are not whole, of all links. */
  readonly inputBytesMax?: number;
  /** Whether loopback is held to the limits of subnets. */
  readonly strict?: boolean;
}

export async function endAt(
  t: ExecutionContext,
  site: Site,
  name: string,
  options: EndOptions = {},
): Promise<End> {
  const { identity = await identityAt(site, name), listen: at = ANY_PORT } = options;
  const { log = silentLog, placesMax = 1000, dialledMax = 1000, inputBytesMax = 1e9 } = options;
  const directory = new PeerDirectory();
  const intern = (id: Uint8Array): Peer => directory.intern(id) ?? t.fail();
  const self = intern(identity.nodeId);
  const live = new LiveIdentity(identity);
  const listener = await listenForLinks(
    at,
    live,
    { admission: new Admission() },
    log,
    (socket, member) => {
      const { nodeId } = member;
      if (nodeId === undefined) t.fail();
      else links.accept(socket, { ...member, nodeId });
    },
  );
  const book = new AddressBook();
  const frames: CallFrame[] = [];
  const unreachable: CallId[] = [];
  const links: Links = new Links({
    self,
    directory,
    book,
    identity: live,
    dialer: new Dialer(live),
    blindDials: new BlindDials(options.strict),
    shares: { slices: new Slices(), inputs: new InputBudget(inputBytesMax) },
    placesMax,
    dialledMax,
    placing: new Placing(directory, options.strict),
    log,
    addresses: reachableAt(listener.address),
    onFrame: (from, frame) => {
      frames.push(frame);
      const { call } = frame;
      if (frame.type === 'request' && !end.holds) {
        links.reply(from, call, encodePeer({ type: 'reply', call, body: { type: 'ok' } }));
      }
    },
    onUnreachable: (_peer, call) => unreachable.push(call),
  });
  t.teardown(async () => {
    links.close();
    await listener.close();
  });
  const { address: listen } = listener;
  const peerOf: End['peerOf'] = (other) => intern(other.identity.nodeId);
  const parts = { directory, identity, live, links, listen, book, frames, unreachable, peerOf };
  const end: End = { ...parts, holds: false };
  return end;
}

export function ping(from: End, to: End, call: CallId): void {
  const frame = encodePeer({ type: 'request', call, body: { type: 'ping' } });
  from.links.request(from.peerOf(to), call, frame);
}

export function replies(end: End): readonly CallId[] {
  return end.frames.filter(({ type }) => type === 'reply').map(({ call }) => call);
}

export function introduceEach(a: End, b: End): void {
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  b.book.hear(b.peerOf(a), reachableAt(a.listen));
}
