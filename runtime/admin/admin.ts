/**
 * The admin server of a node: HTTP for its operator, on loopback unless told otherwise.
 *
 *   GET /         the dashboard, a page that shows the node while it works
 *   GET /events   what that page is told once a second (`events.ts`)
 *   POST /lookup  looks a key up for it, with each hop (`question.ts`)
 *   GET /health   200 while the process can answer at all
 *   GET /ready    200 once the node has joined a network and does not leave it; 503 until then
 *   GET /status   what can be seen of it, JSON
 *   GET /metrics  the text format of Prometheus
 *
 * Rules: a look-up does what a client's GET does, nothing else here changes the node; everything
 * else is 404 or 405; requests are small, few at a time, and over in seconds. Pages of other sites
 * cannot read it: no answer allows another origin, and a host name that is not ours is refused (DNS
 * rebinding).
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import {
  ADMIN_ANSWERS_MAX,
  ADMIN_CONNECTIONS_MAX,
  ADMIN_MS_MAX,
  ADMIN_STILL_MS_MAX,
  STOP_CLOSED_MS,
  STOP_LEFT_MS,
} from '../bounds.ts';
import { formatEndpoint, isLoopback } from '../links/address.ts';
import type { Endpoint } from '../links/address.ts';
import { bindServer } from '../listening.ts';
import { reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import { dashboard } from './dashboard/page.ts';
import { Events } from './events.ts';
import type { Lookups } from './lookups.ts';
import type { Metrics } from './metrics.ts';
import type { Observed } from './observed.ts';
import { isForeign, readQuestion } from './question.ts';
import type { Snapshot } from './snapshot.ts';

export interface Admin {
  readonly address: Endpoint;
  readonly close: () => Promise<void>;
}

export interface AdminParts {
  readonly observe: () => Observed;
  readonly snapshot: () => Snapshot;
  readonly metrics: Metrics;
  readonly lookups: Pick<Lookups, 'hasRoom' | 'run'>;
  readonly warnings: () => readonly string[];
  readonly log: Log;
}

/** @throws UsageError when the address cannot be listened on */
export async function serveAdmin(at: Endpoint, parts: AdminParts): Promise<Admin> {
  const server = createServer({
    requestTimeout: ADMIN_MS_MAX,
    headersTimeout: ADMIN_MS_MAX,
    // Node looks after those two only so often: every half minute unless it is told.
    connectionsCheckingInterval: ADMIN_MS_MAX / 10,
  });
  // Who takes no answers; a look-up, after which nothing moves for so long, is over before.
  server.setTimeout(ADMIN_STILL_MS_MAX);
  server.maxConnections = ADMIN_CONNECTIONS_MAX;
  server.maxRequestsPerSocket = ADMIN_ANSWERS_MAX;
  server.keepAliveTimeout = ADMIN_MS_MAX;
  server.on('clientError', (_error, socket) => {
    socket.destroy();
  });
  const address = await bindServer(server, at, 'the admin address');
  if (!isLoopback(address.host)) {
    parts.log.warn({ admin: formatEndpoint(address) }, 'the admin server has no access control');
  }
  const events = new Events(parts.snapshot);
  server.on('request', (request, response) => {
    serve(request, response, address, parts, events).catch((error: unknown) => {
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
        const cut = (): void => {
          server.closeAllConnections();
        };
        setTimeout(cut, (STOP_CLOSED_MS - STOP_LEFT_MS) / 2).unref();
        void events.close().then(cut);
      }),
  };
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  address: Endpoint,
  parts: AdminParts,
  events: Events,
): Promise<void> {
  const { headers, method = '', url = '' } = request;
  const [path = ''] = url.split('?', 1);
  const isRead = method === 'GET' || method === 'HEAD';
  const send = (answer: Answer): void => {
    request.resume();
    response.writeHead(answer.code, { ...COMMON, 'content-type': PLAIN, ...answer.headers });
    response.end(answer.body);
  };
  if (!isOurs(headers.host ?? '', address)) send({ code: 403, body: NOT_HERE });
  else if (path === '/lookup') {
    if (method === 'POST') send(await lookedUp(request, parts));
    else send({ code: 405, body: 'only POST\n', headers: { allow: 'POST' } });
  } else if (!isRead) send({ code: 405, body: 'only GET\n', headers: { allow: 'GET, HEAD' } });
  else if (path !== '/events') send(await answerOf(path, parts));
  else if (isForeign(headers)) send({ code: 403, body: 'only from the dashboard itself\n' });
  else if (!events.hasRoom) send({ code: 503, body: 'too many listen\n' });
  else {
    response.writeHead(200, { ...COMMON, 'content-type': 'text/event-stream' });
    if (method === 'HEAD') response.end();
    else events.add(response, request.socket);
  }
}

async function lookedUp(request: IncomingMessage, { lookups }: AdminParts): Promise<Answer> {
  const key = await readQuestion(request);
  if (!(key instanceof Uint8Array)) return key;
  if (!lookups.hasRoom) return { code: 429, body: 'too many look-ups at once\n' };
  return json(await lookups.run(key));
}

async function answerOf(path: string, parts: AdminParts): Promise<Answer> {
  const { observe, metrics, warnings } = parts;
  switch (path) {
    case '/': {
      const { html, policy } = dashboard();
      const headers = { 'content-type': HTML, 'content-security-policy': policy };
      return { code: 200, body: html, headers };
    }
    case '/health':
      return { code: 200, body: 'ok\n' };
    case '/ready': {
      const { joined, leaving } = observe();
      return joined && !leaving ? { code: 200, body: 'ready\n' } : NOT_READY;
    }
    case '/status':
      return json({ ...observe(), warnings: warnings() });
    case '/metrics': {
      const headers = { 'content-type': metrics.registry.contentType };
      return { code: 200, body: await metrics.text(), headers };
    }
    default:
      return { code: 404, body: 'there are /, /health, /ready, /status and /metrics\n' };
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

function json(value: unknown): Answer {
  return { code: 200, body: `${JSON.stringify(value)}\n`, headers: { 'content-type': JSON_TYPE } };
}

/** To whoever asks for a host that may not be this one; `orrery status` passes it on. */
const NOT_HERE = 'no such host here: ask by an address of the machine, or by its own name\n';
const NOT_READY: Answer = { code: 503, body: 'not ready\n' };
const COMMON = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};
const PLAIN = 'text/plain; charset=utf-8';
const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
