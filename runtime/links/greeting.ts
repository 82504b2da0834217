/**
 * The first words on a link (docs/wire.md, HELLO): what our hello says and which we accept.
 *
 * Rule: the highest version that both sides speak is used, and there is one so far; another
 * identity mode is another network. Unknown feature bits are ignored, because a feature is used
 * only when both sides announced it. A request of an unknown kind is refused, not ignored, so that
 * a newer peer learns at once that we are older.
 */
import { encodePeer } from '../../src/codec/peer.ts';
import type { CallId } from '../../src/types.ts';
import type { GoodbyeReason, WireAddress, WireHello } from '../../src/wire-types.ts';
import { idOfHello } from '../identity/address-identity.ts';

export function ownHello(
  addresses: readonly WireAddress[],
  identity: WireHello['identity'] = 'certificate',
): WireHello {
  return {
    type: 'hello',
    versionMin: VERSION,
    versionMax: VERSION,
    features: 0,
    identity,
    addresses,
  };
}

/**
 * @param nodeId of the peer, as its certificate says or the place where it was found
 * @returns why a hello cannot be accepted
 */
export function judgeHello(
  identity: WireHello['identity'],
  nodeId: Uint8Array,
  hello: WireHello,
): GoodbyeReason | undefined {
  if (hello.versionMin > VERSION || hello.versionMax < VERSION) return 'version';
  if (hello.identity !== identity) return 'identity';
  if (identity === 'certificate') return undefined;
  // Whoever goes by another address than the one where it was found is another peer.
  const id = idOfHello(hello);
  return id !== undefined && Buffer.compare(id, nodeId) === 0 ? undefined : 'identity';
}

/** The answer to a request of a kind that is not known here. */
export function refusalOf(call: CallId): Uint8Array {
  return encodePeer({ type: 'reply', call, body: { type: 'refused', reason: 'invalid' } });
}

const VERSION = 1;
