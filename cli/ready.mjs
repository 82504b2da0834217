// Makes a clone ready to run: installs from the lock file and compiles, each only when needed. Runs
// on a clean clone, so it and everything it loads use node: modules only. Prints nothing when there
// is nothing to do. Exit codes: 0 ready, 1 install or build failed, 2 Node too old or no lock file.
// With arguments it then runs that command of orrery in this process, so that a signal to npm
// reaches it. Two of these at once are safe: the work happens under a lock, and the second finds
// it done.
import { refuseOldNode } from './node-version.mjs';

refuseOldNode();
// Loaded only now: an old Node may not parse it.
import('./ready/work.mjs')
  .then(({ makeReady }) => makeReady())
  .then(
    async (exitCode) => {
      process.exitCode = exitCode;
      if (exitCode === 0 && process.argv.length > 2) await import('./orrery.mjs');
    },
    (error) => {
      console.error(`ready: ${error.message}`);
      process.exitCode = 1;
    },
  );
