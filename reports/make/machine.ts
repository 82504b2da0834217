/**
 * Takes out of a result what it cost and where: figures of a machine are not part of a report that
 * others make again.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const KEYS: ReadonlySet<string> = new Set([
  'wallMs',
  'setupCpuMs',
  'cpuMs',
  'peakRssBytes',
  'machine',
]);

export async function forgetMachine(dir: string): Promise<void> {
  const path = join(dir, 'result.json');
  const result: unknown = JSON.parse(await readFile(path, 'utf8'));
  const kept = (key: string, value: unknown): unknown => (KEYS.has(key) ? undefined : value);
  await writeFile(path, `${JSON.stringify(result, kept, 2)}\n`);
}
