// One network of older nodes and ours: an RSA authority made with openssl, the test double in
// Python as processes, our nodes by the command line, and plain sockets that speak either side.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { encodeClient } from '../../src/codec/client.ts';
import { decodeClient } from '../../src/codec/client.ts';
import type { ClientMessage } from '../../src/wire-types.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { freePorts } from '../ports.ts';
import { startProcess } from '../processes.ts';
import type { Running } from '../processes.ts';
import { requireOrSkip } from '../require.ts';

export const HOST = '127.0.0.1';
const DOUBLE = join('property-tests', 'interop', 'classic_node.py');
const run = promisify(execFile);

/** A directory with an authority, and a row of free ports. */
export interface Shared {
  readonly dir: string;
  readonly port: number;
}

export function hasPython(t: ExecutionContext): boolean {
  const { status } = spawnSync('python3', [
    '-c',
    'import sys; sys.exit(sys.version_info < (3, 11))',
  ]);
  return requireOrSkip(t, status === 0, 'python3 of version 3.11 or later');
}

export async function newShared(t: ExecutionContext, ports: number): Promise<Shared> {
  const dir = await scratch(t);
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=shared'];
  await run('openssl', ['req', ...made, '-keyout', 'ca.key', '-out', 'ca.crt'], { cwd: dir });
  return { dir, port: await freePorts(ports) };
}

/** A certificate with nothing but a common name, as the older nodes have them. */
export async function certify({ dir }: Shared, name: string, key = 'rsa:2048'): Promise<void> {
  const wish = ['-newkey', key, '-nodes', '-subj', `/CN=${name}`];
  await run('openssl', ['req', ...wish, '-keyout', `${name}.key`, '-out', `${name}.csr`], {
    cwd: dir,
  });
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
  await run('openssl', ['x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.crt`], {
    cwd: dir,
  });
}

/** One node of either kind, by its place in the row of ports. */
export interface Member {
  readonly port: number;
  readonly apiPort: number;
  readonly stop: () => Promise<void>;
}

/** The double, with what it has said. */
export interface Older extends Member {
  readonly events: readonly Said[];
  readonly status: () => Promise<Said>;
}

export interface Said {
  readonly event: string;
  readonly [name: string]: unknown;
}

export interface Wishes {
  readonly through?: number | undefined;
  readonly habits?: string;
}

export async function older(
  t: ExecutionContext,
  shared: Shared,
  index: number,
  { through, habits }: Wishes = {},
): Promise<Older> {
  const port = shared.port + index;
  const apiPort = port + 1000;
  await certify(shared, `older${index}`);
  const args = ['-B', DOUBLE, '--host', HOST, '--port', `${port}`, '--api-port', `${apiPort}`];
  args.push(...filesOf(shared, `older${index}`), '--check-every', '2', '--trace');
  if (through !== undefined) args.push('--bootstrap', `${HOST}:${through}`);
  if (habits !== undefined) args.push('--habits', habits);
  const child = spawn('python3', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const events: Said[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => events.push(JSON.parse(line) as Said));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  t.teardown(stop);
  const next = async (event: string, from: number): Promise<Said> => {
    for (let waited = 0; waited < 20_000; waited += 20) {
      const found = events.slice(from).find((said) => said.event === event);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the older node ${port} never said ${event}: ${errors}`);
  };
  await next('ready', 0);
  const status = async (): Promise<Said> => {
    const from = events.length;
    child.stdin.write('status\n');
    return await next('status', from);
  };
  return { port, apiPort, events, status, stop };
}

export interface Ours extends Member {
  readonly process: Running;
}

export async function ours(
  t: ExecutionContext,
  shared: Shared,
  index: number,
  { through }: Wishes = {},
): Promise<Ours> {
  const port = shared.port + index;
  await certify(shared, `ours${index}`);
  const args = ['node', '-a', HOST, '-p', `${port}`, '--classic'];
  if (through !== undefined) args.push('--bootstrap', `${HOST}:${through}`);
  args.push(...filesOf(shared, `ours${index}`), '--data', join(shared.dir, `data${index}`));
  const process = startProcess(shared.dir, args);
  const stop = async (): Promise<void> => {
    process.kill('SIGTERM');
    await process.ended;
  };
  t.teardown(stop);
  await process.output(/^ready: /m);
  return { port, apiPort: port + 1000, process, stop };
}

function filesOf({ dir }: Shared, name: string): readonly string[] {
  const [certificate, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  const authority = join(dir, 'ca.crt');
  return ['--certificate', certificate, '--key', key, '--authority', authority];
}

/** What a client of the older nodes does: a PUT that nothing answers. */
export async function put({ apiPort }: Member, key: Uint8Array, value: Uint8Array): Promise<void> {
  const socket = connectPlain(apiPort, HOST);
  await once(socket, 'connect');
  const rest = { checked: false, ttlS: 3600, replication: 4, key, value } as const;
  socket.end(encodeClient({ type: 'put', ...rest }));
  socket.resume();
  await once(socket, 'close');
}

/** @returns the value; nothing when it was not found */
export async function get({ apiPort }: Member, key: Uint8Array): Promise<Uint8Array | undefined> {
  const socket = connectPlain(apiPort, HOST);
  socket.setTimeout(20_000, () => socket.destroy(new Error(`no answer from port ${apiPort}`)));
  socket.write(encodeClient({ type: 'get', key }));
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    const decoded = decodeClient(bytes, 0, bytes.length);
    if (decoded.type === 'partial') continue;
    socket.destroy();
    const message: ClientMessage | undefined =
      decoded.type === 'message' ? decoded.message : undefined;
    return message?.type === 'success' ? message.value : undefined;
  }
  return undefined;
}

/** A connection to one of our nodes, as an older one opens it: TLS without ALPN. */
export async function olderSocket(
  t: ExecutionContext,
  { dir }: Shared,
  name: string,
  port: number,
): Promise<TLSSocket> {
  const read = (file: string): Promise<Buffer> => readFile(join(dir, file));
  const [cert, key, ca] = [
    await read(`${name}.crt`),
    await read(`${name}.key`),
    await read('ca.crt'),
  ];
  const checkServerIdentity = (): undefined => undefined;
  const socket = connectTls({ host: HOST, port, cert, key, ca, checkServerIdentity });
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}
