#!/usr/bin/env node
// The command `orrery`: checks Node, then hands over to the compiled command line. It does not
// build: a build inside `npx orrery get KEY` would surprise; npm start and npm test do it.
import { existsSync } from 'node:fs';
import { refuseOldNode } from './node-version.mjs';

refuseOldNode();
const main = new URL('../dist/cli/main.js', import.meta.url);
const packages = new URL('../node_modules/', import.meta.url);
if (existsSync(main) && existsSync(packages)) {
  import(main.href).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
} else {
  console.error('orrery is not built yet: run npm start or npm test first, they build it');
  process.exitCode = 2;
}
