/**
 * Run as a process in a namespace by `namespace-nodes.ts`: a client of the node there, which asks
 * for all that its second argument says at once and prints the answers.
 */
import { connectClient } from '../../runtime/api/client.ts';
import { parseEndpoint } from '../../runtime/links/address.ts';
import type { Answer, Wish } from './namespace-nodes.ts';

/** Longer than any operation of a node may take. */
const CLIENT_MS_MAX = 30_000;

const [, , api = '', text = '[]'] = process.argv;
const wishes = JSON.parse(text) as readonly Wish[];
const client = await connectClient(parseEndpoint(api, 'the API'), { timeoutMs: CLIENT_MS_MAX });
console.log(JSON.stringify(await Promise.all(wishes.map(grant))));
await client.close();

async function grant(wish: Wish): Promise<Answer> {
  const before = performance.now();
  const key = Uint8Array.from(Buffer.from(wish.key, 'hex'));
  if (wish.type === 'put') {
    const options = { replication: wish.replicas };
    const { status, holders } = await client.put(key, Uint8Array.of(wish.value), options);
    return { status, holders, tookMs: performance.now() - before };
  }
  const [value] = (await client.get(key)) ?? [];
  const tookMs = performance.now() - before;
  return value === undefined ? { tookMs } : { value, tookMs };
}
