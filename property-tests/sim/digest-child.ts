/**
 * Run as a process of its own by `determinism.test.ts`: simulates what its argument says (options
 * as JSON) and prints the digest.
 */
import { simulate } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as SimOptions;
process.stdout.write(simulate(options, 'test').digest);
