// Reads the project's own files from disk: TypeScript and the plain JavaScript beside it.
// The root is the nearest folder above the compiled file that has a package.json (dist/ has none).
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Source } from './finding.ts';

const FOLDERS = ['src', 'host', 'sim', 'runtime', 'real', 'library', 'cli', 'examples'];
const LOOKING = ['property-tests', 'reports'];
const CODE = /\.(?:ts|mjs|cjs)$/;

export const root = findRoot(dirname(fileURLToPath(import.meta.url)));

/** All code, in the order of paths. */
export function readTree(): readonly Source[] {
  const loose = readdirSync(root).filter((name) => CODE.test(name));
  const paths = [...loose, ...[...FOLDERS, ...LOOKING].flatMap(codeUnder)];
  return paths.sort().map((path) => ({ path, text: readText(path) }));
}

/** What people read: README.md, ARCHITECTURE.md and all under docs/. */
export function readDocuments(): readonly Source[] {
  const paths = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`);
  const all = ['README.md', 'ARCHITECTURE.md', ...paths.sort()];
  return all.map((path) => ({ path, text: readText(path) }));
}

/** Whether a file or folder is there, its path from the root. */
export function isThere(path: string): boolean {
  return existsSync(join(root, path));
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function codeUnder(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : codeUnder(path);
    return CODE.test(entry.name) ? [path] : [];
  });
}

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('no package.json above the compiled tests');
  return findRoot(above);
}
