// Two nodes inside one program: the second joins through the first, one stores, the other reads.
// Run it: node examples/node.mjs
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentIdentity, PutError, startNode } from 'orrery';

const folder = await mkdtemp(join(tmpdir(), 'orrery-example-'));

/** @param {string} name @param {string[]} bootstrap */
async function start(name, bootstrap) {
  const dataDir = join(folder, name);
  const identity = await developmentIdentity({ authorityDir: join(folder, 'authority'), dataDir });
  const node = await startNode({ listen: '127.0.0.1:0', dataDir, identity, bootstrap });
  node.on('joined', (contacts) => console.log(`${name} joined with ${contacts} contacts`));
  node.on('isolated', () => console.log(`${name} has lost all contacts`));
  node.on('warning', ({ message, fields }) => console.log(`${name}: ${message}`, fields));
  node.on('stopped', (fault) => console.log(`${name} stopped`, fault ?? ''));
  return node;
}

const first = await start('first', []);
const second = await start('second', [first.listen]);
await second.joined;

try {
  const { holders, wanted } = await second.put('greeting', 'hello', { ttlS: 600 });
  console.log(`${holders} of ${wanted} replicas have it on their disk`);
} catch (error) {
  if (!(error instanceof PutError)) throw error;
  console.log(`not stored: ${error.reason}`);
}

const value = await first.get('greeting');
console.log(value === undefined ? 'not found' : Buffer.from(value).toString());

await second.close();
await first.close();
await rm(folder, { recursive: true });
