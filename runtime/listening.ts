/**
 * Binding a TCP server, with the one line that tells its operator what to do when that fails.
 *
 * Rule: a port in use, an address that is not ours or a port that needs rights is the caller's to
 * put right, so it is a UsageError; what goes wrong later costs one connection and no more.
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { systemCode, UsageError } from './failure.ts';
import { formatEndpoint } from './links/address.ts';
import type { Endpoint } from './links/address.ts';

/** What a node's own address is called in what its operator reads. */
export const LISTEN_ADDRESS = 'the listen address';

/** @throws UsageError when the address cannot be listened on; `what` names it */
export function bindServer(server: Server, at: Endpoint, what: string): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      reject(new UsageError(faultAt(at, what, error)));
    };
    server.once('error', refuse);
    server.listen({ host: at.host, port: at.port, exclusive: true }, () => {
      server.off('error', refuse);
      // A failed accept, such as one without descriptors left, must not end the process.
      server.on('error', () => undefined);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') reject(new Error('no bound TCP address'));
      else resolve({ host: bound.address, port: bound.port });
    });
  });
}

/**
 * A port of this host that is free now, which another program may take the next moment.
 * @throws UsageError that names the whole of `at` when nothing can listen on its host
 */
export function freePort(at: Endpoint, what: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      reject(new UsageError(faultAt(at, what, error)));
    });
    server.listen({ host: at.host, port: 0, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => {
        if (bound === null || typeof bound === 'string') reject(new Error('no bound TCP address'));
        else resolve(bound.port);
      });
    });
  });
}

function faultAt(at: Endpoint, what: string, error: Error): string {
  return `${what} ${formatEndpoint(at)} ${adviceFor(error)}`;
}

function adviceFor(error: Error): string {
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return 'is in use: stop the other program or choose another port';
    case 'EADDRNOTAVAIL':
      return 'is no address of this machine: choose one that is';
    case 'EACCES':
    case 'EPERM':
      return 'needs rights that this user has not: choose a port above 1023';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'names a host that cannot be resolved: give its address';
    default:
      return `cannot be listened on: ${error.message}`;
  }
}
