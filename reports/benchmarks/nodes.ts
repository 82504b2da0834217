/**
 * Real nodes for benchmarks: each a process of its own on a port of its own in one folder, the
 * first of them the one through which the others join.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectClient } from '../../runtime/api/client.ts';
import type { ConnectedClient } from '../../runtime/api/client.ts';

const ENTRY = fileURLToPath(new URL('../../../cli/orrery.mjs', import.meta.url));

/**
 * Resolves when the node has joined; the first one, `index` 0, is a network of its own. What was
 * said to Node here is said to it as well.
 */
export async function startNode(
  folder: string,
  basePort: number,
  index: number,
  more: readonly string[] = [],
): Promise<ChildProcess> {
  const bootstrap = index === 0 ? [] : ['--bootstrap', `127.0.0.1:${basePort}`];
  const port = String(basePort + index);
  const place = ['-a', '127.0.0.1', '-p', port, '--log-level', 'error'];
  const words = [...process.execArgv, ENTRY, 'node', ...place, ...bootstrap, ...more];
  const child = spawn(process.execPath, words, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('ready: ')) resolve();
    });
    child.once('exit', () => reject(new Error(`node ${index} ended before it was ready`)));
  });
  return child;
}

/** To the client API of the node that listens on the port. */
export async function connect(port: number): Promise<ConnectedClient> {
  return await connectClient({ host: '127.0.0.1', port: port + 1000 });
}

export async function ended(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return;
  await new Promise((resolve) => node.once('exit', resolve));
}
