/**
 * The command line of this checkout as those who make reports run it: what it prints is seen, and
 * Ctrl-C is for it, so that it ends in good order.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** @returns its exit code */
export function orrery(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: ROOT, stdio: 'inherit' });
  // Ctrl-C reaches both; what ends this process alone is handed on, or the work would go on unseen.
  const end = (): void => void child.kill('SIGTERM');
  process.once('SIGTERM', end);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGTERM', end);
      resolve(code ?? 1);
    });
  });
}
