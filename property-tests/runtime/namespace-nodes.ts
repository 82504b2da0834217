// Real nodes in the namespaces of a test network, with certificates of one authority made by its
// commands; what their logs say of links; clients beside them.
import { runFile, startProcess } from '../processes.ts';
import type { Running } from '../processes.ts';
import type { Host } from './namespace-kit.ts';

export interface NodeAt {
  readonly name: string;
  readonly host: Host;
  readonly id: string;
  readonly running: Running;
}

/** What a client asks for; a value is a byte. */
export type Wish =
  | {
      readonly type: 'put';
      readonly key: string;
      readonly value: number;
      readonly replicas: number;
    }
  | { readonly type: 'get'; readonly key: string };

/** `status` of a PUT; of a GET the value, or nothing when none was found. */
export interface Answer {
  readonly status?: string;
  readonly holders?: number;
  readonly value?: number;
  readonly tookMs: number;
}

export async function command(dir: string, ...args: readonly string[]): Promise<void> {
  const running = startProcess(dir, args);
  const { code, stderr } = await running.ended;
  if (code !== 0) throw new Error(`orrery ${args.join(' ')}: ${stderr}`);
}

/** A node that has joined; its certificate is in the directory `name` of `dir`. */
export async function startAt(
  dir: string,
  host: Host,
  name: string,
  args: readonly string[],
): Promise<NodeAt> {
  const running = startNodeProcess(dir, host, name, args);
  const [, id = ''] = await running.output(/ready: node ([0-9a-f]{64}) listens/);
  return { name, host, id, running };
}

/** The same without waiting for anything. */
export function startNodeProcess(
  dir: string,
  host: Host,
  name: string,
  args: readonly string[],
): Running {
  const common = ['--data', name, '--api', API, '--log-level', 'debug', '--log-format', 'json'];
  return startProcess(dir, ['node', ...args, ...common], undefined, { through: host.through });
}

export function linkUpLine(other: Pick<NodeAt, 'id'>): RegExp {
  return new RegExp(`^.*"peer":"${other.id.slice(0, 8)}".*"msg":"link up".*$`, 'm');
}

/** Asks all at once, as a client in the namespace of the node. */
export async function ask(node: NodeAt, wishes: readonly Wish[]): Promise<readonly Answer[]> {
  const client = new URL('./namespace-client.js', import.meta.url);
  const text = await runFile(client, [API, JSON.stringify(wishes)], [], node.host.through);
  return JSON.parse(text) as readonly Answer[];
}

const API = '127.0.0.1:7501';
