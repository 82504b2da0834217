// Servers that do to a client what nodes should not do, on real sockets, and real nodes behind the
// client that programs get.
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { Client } from '../../library/index.ts';
import type { ClientOptions } from '../../library/index.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { RunningNode } from '../../runtime/node.ts';

export interface Served {
  /** `HOST:PORT`. */
  readonly at: string;
  /** Connections that came so far. */
  readonly connections: () => number;
}

/** A server whose every connection is handled so; it ends with the test. */
export async function serve(
  t: ExecutionContext,
  handle: (socket: Socket) => void,
  port = 0,
): Promise<Served> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port: chosen } = server.address() as AddressInfo;
  return { at: `127.0.0.1:${chosen}`, connections: () => connections };
}

/** Takes a request and breaks off. */
export function breakOff(socket: Socket): void {
  socket.once('data', () => socket.destroy());
}

export function clientOf(t: ExecutionContext, options: ClientOptions): Client {
  const client = new Client(options);
  t.teardown(() => client.close());
  return client;
}

export function apiOf({ api }: RunningNode): string {
  if (api === undefined) throw new Error('the node serves no clients');
  return formatEndpoint(api);
}
