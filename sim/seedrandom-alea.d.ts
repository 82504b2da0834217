/**
 * Types for the one algorithm of seedrandom that is used, imported on its own so that the engine
 * never loads the package's entry, which reaches for the system's entropy.
 */
declare module 'seedrandom/lib/alea.js' {
  interface Generator {
    (): number;
    int32(): number;
    double(): number;
  }
  function alea(seed: string): Generator;
  export = alea;
}
