/**
 * `import … from 'orrery/sim'`: the simulator (docs/embedding.md, A simulation).
 *
 * Rule: nothing but re-exports; of the runtime of real nodes nothing is loaded.
 */
export { simulate } from './simulation.ts';
export type { SimulateOptions } from './simulation.ts';
export type { Duration, Fault, Settings, Share, Workload } from './settings.ts';
export { SettingsFault } from '../sim/edge/settings/fault.ts';
export type { Progress } from '../sim/main.ts';
export type { SimResult } from '../sim/result/result.ts';
