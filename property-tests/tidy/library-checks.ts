// Checks of package.json against docs/decisions/0005-libraries.md: exact versions, and one line of
// reason for each dependency, with no line for a package that is gone.
import type { Finding } from './finding.ts';

const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;
const LINE = /^- `([^`]+)`:/;

export const NOTES_PATH = 'docs/decisions/0005-libraries.md';

export function checkLibraries(manifestText: string, notes: string): readonly Finding[] {
  const dependencies = dependenciesOf(JSON.parse(manifestText));
  const explained = new Set(notes.split(/\r?\n/).flatMap((line) => LINE.exec(line)?.[1] ?? []));
  return [
    ...dependencies
      .filter(([, version]) => !EXACT.test(version))
      .map(([name, version]) => inManifest(`${name} is "${version}": pin one exact version`)),
    ...dependencies
      .filter(([name]) => !explained.has(name))
      .map(([name]) =>
        inManifest(`${name} has no line in ${NOTES_PATH}: say what for, why, what to watch`),
      ),
    ...[...explained]
      .filter((name) => !dependencies.some(([known]) => known === name))
      .map((name) => ({
        path: NOTES_PATH,
        line: 1,
        message: `${name} is not in package.json: delete its line`,
      })),
  ];
}

function inManifest(message: string): Finding {
  return { path: 'package.json', line: 1, message };
}

function dependenciesOf(manifest: unknown): readonly (readonly [string, string])[] {
  return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((section) =>
    Object.entries(field(manifest, section) ?? {}).map(
      ([name, version]): readonly [string, string] => [name, String(version)],
    ),
  );
}

function field(value: unknown, name: string): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, name);
  return typeof found === 'object' && found !== null ? found : undefined;
}
