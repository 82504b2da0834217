/**
 * Who came in, where ids are addresses: a handshake proves that it belongs to the network, and its
 * hello says where it listens, which is who it is (docs/classic.md). Until a dial has found it
 * there that is a claim: it gets answers, and no request of ours.
 */
import type { TLSSocket } from 'node:tls';
import { decodePeer } from '../../src/codec/peer.ts';
import { HELLO_BYTES_MAX } from '../../src/limits.ts';
import { HANDSHAKE_MS_MAX } from '../bounds.ts';
import { idOfHello } from '../identity/address-identity.ts';

/**
 * Waits for the hello of a connection and gives it back to be read once more.
 *
 * @param take is given the id in the same turn; nothing when no hello came that names one
 */
export function awaitClaim(socket: TLSSocket, take: (id: Uint8Array | undefined) => void): void {
  let bytes = Buffer.alloc(0);
  const end = (id: Uint8Array | undefined): void => {
    clearTimeout(limit);
    socket.off('data', onData);
    socket.off('close', onClose);
    if (id !== undefined) {
      socket.pause();
      socket.unshift(bytes);
    }
    take(id);
    if (id !== undefined) socket.resume();
  };
  const onClose = (): void => {
    end(undefined);
  };
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const decoded = decodePeer(bytes, 0, bytes.length);
    if (decoded.type === 'partial' && bytes.length <= HELLO_BYTES_MAX) return;
    const isHello = decoded.type === 'message' && decoded.message.type === 'hello';
    end(isHello ? idOfHello(decoded.message) : undefined);
  };
  const limit = setTimeout(onClose, HANDSHAKE_MS_MAX);
  socket.on('data', onData);
  socket.on('close', onClose);
}
