/**
 * The admin server of a node: HTTP for its operator, on loopback unless told otherwise.
 *
 *   GET /health   200 while the process can answer at all
 *   GET /ready    200 once the node has joined a network and does not leave it; 503 until then
 *   GET /status   what can be seen of it, JSON
 *   GET /metrics  the text format of Prometheus
 *
 * Rules: nothing here changes the node; everything else is 404 or 405; requests are small, few at a
 * time, and over in seconds. Pages of other sites cannot read it: no answer allows another origin,
 * and a host name that is not ours is refused (DNS rebinding).
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ADMIN_CONNECTIONS_MAX, ADMIN_MS_MAX } from '../bounds.ts';
import { formatEndpoint, isLoopback } from '../links/address.ts';
import type { Endpoint } from '../links/address.ts';
import { bindServer } from '../listening.ts';
import { reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import type { Metrics } from './metrics.ts';
import type { Observed } from './observed.ts';

export interface Admin {
  readonly address: Endpoint;
  readonly close: () => Promise<void>;
}

export interface AdminParts {
  readonly observe: () => Observed;
  readonly metrics: Metrics;
  readonly warnings: () => readonly string[];
  readonly log: Log;
}

/** @throws UsageError when the address cannot be listened on */
export async function serveAdmin(at: Endpoint, parts: AdminParts): Promise<Admin> {
  const server = createServer({ requestTimeout: ADMIN_MS_MAX, headersTimeout: ADMIN_MS_MAX });
  server.maxConnections = ADMIN_CONNECTIONS_MAX;
  server.keepAliveTimeout = ADMIN_MS_MAX;
  server.on('clientError', (_error, socket) => {
    socket.destroy();
  });
  const address = await bindServer(server, at, 'the admin address');
  if (!isLoopback(address.host)) {
    parts.log.warn({ admin: formatEndpoint(address) }, 'the admin server has no access control');
  }
  server.on('request', (request, response) => {
    answer(request, response, address, parts).catch((error: unknown) => {
      parts.log.warn({ reason: reasonOf(error) }, 'an admin request failed');
      response.destroy();
    });
  });
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly code: number;
  readonly body: string;
  /** Plain text without it. */
  readonly type?: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  address: Endpoint,
  parts: AdminParts,
): Promise<void> {
  request.resume();
  const { code, body, type = PLAIN } = await answerOf(request, address, parts);
  if (code === 405) response.setHeader('allow', 'GET, HEAD');
  response.writeHead(code, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

async function answerOf(
  { headers, method, url = '' }: IncomingMessage,
  address: Endpoint,
  { observe, metrics, warnings }: AdminParts,
): Promise<Answer> {
  if (!isOurs(headers.host ?? '', address)) return { code: 403, body: 'no such host here\n' };
  if (method !== 'GET' && method !== 'HEAD') return { code: 405, body: 'only GET\n' };
  const [path] = url.split('?', 1);
  switch (path) {
    case '/health':
      return { code: 200, body: 'ok\n' };
    case '/ready': {
      const { joined, leaving } = observe();
      return joined && !leaving ? { code: 200, body: 'ready\n' } : NOT_READY;
    }
    case '/status': {
      const status = { ...observe(), warnings: warnings() };
      return { code: 200, body: `${JSON.stringify(status)}\n`, type: JSON_TYPE };
    }
    case '/metrics':
      return { code: 200, body: await metrics.text(), type: metrics.registry.contentType };
    default:
      return { code: 404, body: 'there are /health, /ready, /status and /metrics\n' };
  }
}

/**
 * A literal address, which no page elsewhere can give itself, or a name of this machine. Where a
 * browser was led by a name of somebody else's (DNS rebinding), that name stands here.
 */
function isOurs(host: string, { host: own }: Endpoint): boolean {
  const name = host.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1');
  if (name === '' || name === own || isIP(name) !== 0) return true;
  return isLoopback(name) || name.toLowerCase() === hostname().toLowerCase();
}

const NOT_READY: Answer = { code: 503, body: 'not ready\n' };
const PLAIN = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
