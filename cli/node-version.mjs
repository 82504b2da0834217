// The floor of Node, checked before anything else is loaded. The floor itself stands once, in
// package.json "engines"; this file only reads it. It keeps to syntax that old releases parse, so
// that they can still print the line that says what to do.
import { readFileSync } from 'node:fs';

/** Prints one line and ends the process with code 2 when package.json asks for a newer Node. */
export function refuseOldNode() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const floor = /(\d+)\.(\d+)/.exec(manifest.engines.node);
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [floorMajor, floorMinor] = [Number(floor[1]), Number(floor[2])];
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return;
  console.error(
    `orrery needs Node ${floor[0]} or newer and this is Node ${process.versions.node}: ` +
      'install a newer Node (https://nodejs.org) and run the command again',
  );
  process.exit(2);
}
