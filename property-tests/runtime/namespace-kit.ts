/**
 * A network of its own for tests: network namespaces joined by a bridge, in which real nodes run.
 * Everything is made inside of namespaces with unique names, so nothing of the machine's own
 * network is touched. Needs root and the program `ip`.
 *
 * Invariant: whatever is made goes away, also when the test is cut short by Ctrl-C or kill -9: a
 * keeper, a process with the names of the namespaces, waits for the end of this one, then ends what
 * still runs in them and deletes them. It knows no other names.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

export interface Host {
  /** Unique on this machine. */
  readonly namespace: string;
  /** Stands before a command that is to run here. */
  readonly through: readonly string[];
  readonly subnet: number;
  /** Nothing where this host does not speak that family. */
  readonly v4: string | undefined;
  readonly v6: string | undefined;
}

export interface Families {
  readonly v4: boolean;
  readonly v6: boolean;
}

export class TestNetwork {
  readonly #prefix = `orr-${process.pid}-${randomBytes(3).toString('hex')}`;
  readonly #keeper: ChildProcess;
  readonly #gone: Promise<void>;
  #hosts = 0;

  private constructor() {
    // In a group of its own, so that Ctrl-C on the terminal is for the tests alone.
    this.#keeper = spawn('sh', ['-c', KEEPER], {
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    this.#gone = new Promise((resolve) => this.#keeper.once('close', () => resolve()));
  }

  /** Makes the bridge; fails where namespaces cannot be made. */
  static async open(): Promise<TestNetwork> {
    const network = new TestNetwork();
    try {
      const bridge = await network.#newNamespace('bridge');
      await ip('-n', bridge, 'link', 'add', 'name', 'br0', 'type', 'bridge');
      await ip('-n', bridge, 'link', 'set', 'br0', 'up');
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  /**
   * A host on the bridge, in a /24 and a /48 of its own, so that limits per subnet leave it alone,
   * or in those of a neighbour. Without IPv6 it has not even a link-local address.
   */
  async host(name: string, families: Families, neighbour?: Host): Promise<Host> {
    this.#hosts += 1;
    const number = this.#hosts;
    const subnet = neighbour?.subnet ?? number;
    const namespace = await this.#newNamespace(name);
    const bridge = `${this.#prefix}-bridge`;
    const port = `p${number}`;
    const pair = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace];
    await ip('-n', bridge, 'link', 'add', 'name', port, ...pair);
    await ip('-n', bridge, 'link', 'set', port, 'master', 'br0', 'up');
    if (!families.v6) await ip('-n', namespace, 'link', 'set', 'eth0', 'addrgenmode', 'none');
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    await ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    const v4 = families.v4 ? `10.77.${subnet}.${number}` : undefined;
    const v6 = families.v6 ? `fd00:77:${subnet}::${number}` : undefined;
    if (v4 !== undefined) await ip('-n', namespace, 'addr', 'add', `${v4}/16`, 'dev', 'eth0');
    if (v6 !== undefined) {
      // Without looking first whether somebody else has it, which takes a second.
      await ip('-n', namespace, 'addr', 'add', `${v6}/32`, 'dev', 'eth0', 'nodad');
    }
    return { namespace, through: ['ip', 'netns', 'exec', namespace], subnet, v4, v6 };
  }

  /** Ends what still runs in the namespaces and deletes them. */
  async close(): Promise<void> {
    this.#keeper.stdin?.end();
    await this.#gone;
  }

  async #newNamespace(name: string): Promise<string> {
    const namespace = `${this.#prefix}-${name}`;
    await new Promise((resolve) => this.#keeper.stdin?.write(`${namespace}\n`, resolve));
    await ip('netns', 'add', namespace);
    return namespace;
  }
}

/** Whether namespaces can be made here, and why not. */
export async function namespacesMissing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'root, for network namespaces,';
  try {
    await (await TestNetwork.open()).close();
    return undefined;
  } catch {
    return 'ip (iproute2) with network namespaces';
  }
}

/** @throws Error with what `ip` said */
export async function ip(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('ip', args);
  return stdout;
}

const run = promisify(execFile);

/** Reads names until nobody is left who could write more. */
const KEEPER = `
trap '' INT TERM HUP
names=''
while read -r name; do names="$names $name"; done
for name in $names; do
  for pid in $(ip netns pids "$name" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
done
for name in $names; do ip netns del "$name" 2>/dev/null; done
exit 0
`;
