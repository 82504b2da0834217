// Are the installed packages those of package-lock.json? A stamp in node_modules holds the SHA-256
// of the lock file that was last installed, so the usual answer costs one hash. Without a matching
// stamp, npm's own record of what it installed (node_modules/.package-lock.json, written last) is
// compared with the lock file, so that a plain `npm ci` or `npm install` is not repeated.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function installIsNeeded(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return true;
  const lockText = readFileSync(join(root, 'package-lock.json'));
  if (readStamp(root) === hashOf(lockText)) return false;
  if (!recordAgrees(readFileSync(record, 'utf8'), lockText.toString('utf8'))) return true;
  recordInstall(root);
  return false;
}

export function recordInstall(root) {
  writeFileSync(stampPath(root), hashOf(readFileSync(join(root, 'package-lock.json'))) + '\n');
}

/** True when every installed package is the locked one and only optional ones are absent. */
function recordAgrees(recordText, lockText) {
  let installed;
  try {
    installed = JSON.parse(recordText).packages ?? {};
  } catch {
    return false;
  }
  const locked = JSON.parse(lockText).packages;
  const same = Object.entries(installed).every(
    ([path, entry]) =>
      locked[path]?.version === entry.version && locked[path]?.integrity === entry.integrity,
  );
  const complete = Object.entries(locked).every(
    ([path, entry]) => path === '' || entry.optional === true || installed[path] !== undefined,
  );
  return same && complete;
}

function readStamp(root) {
  try {
    return readFileSync(stampPath(root), 'utf8').trim();
  } catch {
    return '';
  }
}

function stampPath(root) {
  return join(root, 'node_modules', '.orrery-lock');
}

function hashOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
