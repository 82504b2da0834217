/**
 * A long calculation in numbered shares, each worth some seconds and hanging on its number alone:
 * threads take one after another, and each result is a line of a file. Whoever goes on later finds
 * there what is done, by the same build; what another build has calculated proves nothing of this.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Kind } from './share-thread.ts';

export interface Shares {
  readonly kind: Kind;
  readonly from: number;
  readonly count: number;
  /** Where results are kept. */
  readonly file: string;
  readonly threads: number;
}

interface Line {
  readonly build: string;
  readonly kind: Kind;
  readonly share: number;
  readonly result: unknown;
}

/**
 * @param isResult whether what was kept or sent is a result of this kind
 * @param onResult is told of each, those of earlier runs first
 */
export async function inShares<R>(
  { kind, from, count, file, threads }: Shares,
  isResult: (result: unknown) => result is R,
  signal: AbortSignal,
  onResult: (result: R, isNew: boolean) => void,
): Promise<void> {
  const build = await buildOf();
  const wanted = new Set(Array.from({ length: count }, (_, i) => from + i));
  for (const line of await linesOf(file)) {
    if (line.build !== build || line.kind !== kind || !wanted.delete(line.share)) continue;
    if (!isResult(line.result)) throw new Error(`${file} has a line that is none of this program`);
    onResult(line.result, false);
  }
  await mkdir(dirname(file), { recursive: true });
  const left = wanted.values();
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('share-thread.js', import.meta.url));
    const stop = (): void => void worker.terminate();
    signal.addEventListener('abort', stop);
    try {
      for (const share of left) {
        const result = await ask(worker, { kind, share });
        if (!isResult(result)) throw new Error(`share ${share} has no result`);
        const line: Line = { build, kind, share, result };
        await appendFile(file, `${JSON.stringify(line)}\n`);
        onResult(result, true);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
}

/** What a thread answers. */
async function ask(worker: Worker, question: unknown): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const onExit = (): void => {
      reject(new Error('the thread ended early'));
    };
    worker.once('error', reject);
    worker.once('exit', onExit);
    worker.once('message', (answer) => {
      worker.off('error', reject);
      worker.off('exit', onExit);
      resolve(answer);
    });
    worker.postMessage(question);
  });
}

/** Names the core and the trials as they are compiled. */
async function buildOf(): Promise<string> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const hash = createHash('sha256');
  for (const folder of ['src', 'host', 'property-tests/election']) {
    const files = await readdir(join(root, folder), { recursive: true });
    for (const file of files.sort().filter((name) => name.endsWith('.js'))) {
      hash.update(file).update(await readFile(join(root, folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function linesOf(file: string): Promise<readonly Line[]> {
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  // A line that was cut short is one that was not written.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
