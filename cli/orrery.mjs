#!/usr/bin/env node
// The command `orrery`: checks Node, then hands over to the compiled command line. It does not
// build: a build inside `npx orrery get KEY` would surprise; npm start and npm test do it. An
// installed package is compiled, has its packages wherever npm put them, and is never written to;
// only a checkout, known by what the compiler is given, can be found not ready.
import { existsSync } from 'node:fs';
import { refuseOldNode } from './node-version.mjs';

refuseOldNode();
const main = new URL('../dist/cli/main.js', import.meta.url);
const isThere = (path) => existsSync(new URL(path, import.meta.url));
if (isThere('../tsconfig.json') && !(existsSync(main) && isThere('../node_modules/'))) {
  console.error('orrery is not built yet: run npm run build first');
  process.exitCode = 2;
} else {
  import(main.href).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
