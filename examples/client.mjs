// A client of nodes that run elsewhere. Start two of them, then name their client APIs:
// node examples/client.mjs 127.0.0.1:7501 127.0.0.1:7502
import { Client, NoAnswerError, PutError, UnknownOutcomeError } from 'orrery';

const client = new Client({ nodes: process.argv.slice(2), timeoutMs: 15_000 });

try {
  const { holders, wanted } = await client.put('colour', 'blue', { ttlS: 600 });
  console.log(`${holders} of ${wanted} replicas have it on their disk`);
} catch (error) {
  if (error instanceof PutError) console.log(`refused: ${error.reason}`);
  else if (error instanceof UnknownOutcomeError) console.log('perhaps stored: put it again');
  else if (error instanceof NoAnswerError) console.log('not stored: no node there');
  else throw error;
}

const value = await client.get('colour', { signal: AbortSignal.timeout(5_000) });
console.log(value === undefined ? 'not found' : Buffer.from(value).toString());

const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`);
await Promise.all(keys.map((key) => client.put(key, `value of ${key}`)));
const values = await Promise.all(keys.map((key) => client.get(key)));
console.log(`${values.filter((each) => each !== undefined).length} of 100 found`);

await client.close();
