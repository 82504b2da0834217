// Is dist/ the compilation of the sources as they stand? A good build leaves a stamp in dist/: size
// and modification time of each source as seen before the compiler started, and the compiler's
// version. Equality is asked, not "newer": a checkout may bring older files. The compiler may work
// incrementally only on top of a good build of the same set of sources by the same compiler and
// settings; in all other cases dist/ is emptied first, so that no output outlives its source.
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SETTINGS = ['tsconfig.json', 'package.json'];

export function buildIsNeeded(root) {
  const stamp = readStamp(root);
  if (stamp === undefined) return true;
  const current = look(root);
  return (
    stamp.compiler !== current.compiler ||
    !sameFiles(stamp.files, current.files) ||
    !allBuilt(root, current.files)
  );
}

/** Withdraws the stamp (a build broken off must not look good); returns what recordBuild needs. */
export function prepareBuild(root) {
  const stamp = readStamp(root);
  const current = look(root);
  const mayContinue =
    stamp !== undefined &&
    stamp.compiler === current.compiler &&
    SETTINGS.every((name) => stamp.files[name] === current.files[name]) &&
    sameNames(stamp.files, current.files) &&
    allBuilt(root, current.files);
  rmSync(mayContinue ? stampPath(root) : join(root, 'dist'), { recursive: true, force: true });
  return current;
}

export function recordBuild(root, current) {
  writeFileSync(stampPath(root), JSON.stringify(current));
}

function look(root) {
  const files = {};
  for (const name of SETTINGS) files[name] = fingerprint(join(root, name));
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  for (const folder of include) collect(root, folder, files);
  return { compiler: compilerVersion(root), files };
}

function collect(root, folder, files) {
  if (!existsSync(join(root, folder))) return;
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) collect(root, path, files);
    else if (entry.name.endsWith('.ts')) files[path] = fingerprint(join(root, path));
  }
}

function fingerprint(path) {
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
}

function compilerVersion(root) {
  const manifest = join(root, 'node_modules', 'typescript', 'package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

function sameNames(before, now) {
  const names = Object.keys(now);
  return Object.keys(before).length === names.length && names.every((name) => name in before);
}

function sameFiles(before, now) {
  return sameNames(before, now) && Object.keys(now).every((name) => before[name] === now[name]);
}

function allBuilt(root, files) {
  return Object.keys(files)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .every((name) => existsSync(join(root, 'dist', name.replace(/\.ts$/, '.js'))));
}

function readStamp(root) {
  try {
    return JSON.parse(readFileSync(stampPath(root), 'utf8'));
  } catch {
    return undefined;
  }
}

function stampPath(root) {
  return join(root, 'dist', '.orrery-build.json');
}
