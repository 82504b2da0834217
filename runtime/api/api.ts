/**
 * The client API server: plain TCP, byte-exact as docs/wire.md says, loopback unless its operator
 * decides otherwise.
 *
 * This file accepts connections and judges their deadlines; what happens on one of them is in
 * `api-connection.ts`. Invariants: a connection that misbehaves is closed alone; there are at most
 * `CLIENTS_MAX` of them; none that takes no bytes, or whose machine is gone, keeps its place for
 * ever.
 */
import { createServer } from 'node:net';
import { CLIENTS_MAX, KEEP_ALIVE_MS, SWEEP_MS } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import type { Endpoint } from '../links/address.ts';
import { bindServer } from '../listening.ts';
import { ClientConnection } from './api-connection.ts';
import type { ClientShares } from './api-connection.ts';

export interface ClientApi {
  readonly address: Endpoint;
  readonly clients: () => number;
  /** Stops accepting and reading; requests taken in are answered before a connection ends. */
  readonly close: () => Promise<void>;
  /** Cuts what is left. */
  readonly cut: () => void;
}

/** @throws UsageError when the address cannot be listened on */
export async function serveClients(
  at: Endpoint,
  shares: ClientShares,
  clientsMax: number = CLIENTS_MAX,
): Promise<ClientApi> {
  const { log } = shares;
  const clients = new Set<ClientConnection>();
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  server.maxConnections = clientsMax;
  server.on('connection', (socket) => {
    const client = new ClientConnection(socket, shares);
    clients.add(client);
    socket.on('close', () => clients.delete(client));
  });
  server.on('drop', () => {
    log.warn({ clients: clientsMax }, 'client dropped: too many connections');
  });
  const address = await bindServer(server, at, 'the API address');
  const sweeper = setInterval(() => {
    const now = monotonicMs();
    for (const client of clients) client.sweep(now);
  }, SWEEP_MS);
  sweeper.unref();
  return {
    address,
    clients: () => clients.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          clearInterval(sweeper);
          resolve();
        });
        for (const client of [...clients]) client.finish();
      }),
    cut: () => {
      for (const client of [...clients]) client.cut();
    },
  };
}
