// Lets `npx orrery` work inside a clone: npm does not link a project's own command, so we do it,
// where npm links those of its packages. npm ci removes the link with everything else; the next
// ready puts it back.
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function linkCommand(root) {
  const windows = process.platform === 'win32';
  const path = join(root, 'node_modules', '.bin', windows ? 'orrery.cmd' : 'orrery');
  if (existsSync(path)) return;
  try {
    if (windows) writeFileSync(path, '@node "%~dp0\\..\\..\\cli\\orrery.mjs" %*\r\n');
    else symlinkSync(join('..', '..', 'cli', 'orrery.mjs'), path);
  } catch (error) {
    if (error.code === 'EEXIST') return; // another process was faster
    console.error(`ready: no command for npx (${error.message}): use node cli/orrery.mjs instead`);
  }
}
