/**
 * Samples of the nodes that live all the time: memory, event loop and processor time as the node's
 * own `/metrics` tells them, descriptors and threads as the system does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { formatEndpoint } from '../../../runtime/links/address.ts';
import type { Fleet } from '../fleet.ts';
import { metricsOf } from '../metrics.ts';
import { descriptorsOf, figuresOf } from '../process-figures.ts';
import type { SoakPlan } from './plan.ts';

/** Memory in bytes. */
export interface Sample {
  readonly node: number;
  /** Since the load began. */
  readonly atS: number;
  readonly resident: number;
  readonly anonymous: number;
  /** What JavaScript uses, and what V8 has taken of the system for it. */
  readonly heap: number;
  readonly heapTotal: number;
  readonly external: number;
  /** p99 of the delay of the event loop since the sample before. */
  readonly lagMs: number;
  readonly processorS: number;
  /** Full collections of garbage so far. */
  readonly collections: number;
  readonly records: number;
  readonly descriptors: number;
  readonly threads: number;
}

export class Sampler {
  readonly samples: Sample[] = [];
  /** Nodes that gave no answer in time. */
  missed = 0;
  readonly #fleet: Fleet;
  readonly #plan: SoakPlan;
  readonly #onSample: (sample: Sample) => void;

  constructor(fleet: Fleet, plan: SoakPlan, onSample: (sample: Sample) => void) {
    this.#fleet = fleet;
    this.#plan = plan;
    this.#onSample = onSample;
  }

  /** Until the signal; `onPass` is called when all were sampled. */
  async run(signal: AbortSignal, onPass: (pass: number) => void): Promise<void> {
    const startMs = performance.now();
    const isOver = (): boolean => signal.aborted;
    for (let pass = 0; !isOver(); pass++) {
      const dueMs = startMs + pass * this.#plan.sampleMs;
      const waitMs = Math.max(0, dueMs - performance.now());
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      for (let node = 0; node < this.#plan.lasting; node++) {
        if (isOver()) return;
        const atS = (performance.now() - startMs) / 1000;
        const sample = await this.#sample(node, atS).catch(() => undefined);
        if (sample === undefined) this.missed += 1;
        else {
          this.samples.push(sample);
          this.#onSample(sample);
        }
      }
      onPass(pass);
    }
  }

  /** The last sample of each node. */
  last(): Sample[] {
    return [...new Map(this.samples.map((sample) => [sample.node, sample])).values()];
  }

  async #sample(node: number, atS: number): Promise<Sample> {
    const pid = this.#fleet.pid(node) ?? 0;
    const of = await metricsOf(formatEndpoint(this.#fleet.admin(node)));
    const { anonymous, threads } = await figuresOf(pid);
    const sample: Sample = {
      node,
      atS: Math.round(atS),
      resident: of('process_resident_memory_bytes'),
      anonymous,
      heap: of('nodejs_heap_size_used_bytes'),
      heapTotal: of('nodejs_heap_size_total_bytes'),
      external: of('nodejs_external_memory_bytes'),
      lagMs: Math.max(0, of('nodejs_eventloop_lag_p99_seconds') * 1000 - MONITOR_MS),
      processorS: of('process_cpu_seconds_total'),
      collections: of('nodejs_gc_duration_seconds_count{kind="major"}'),
      records: of('records'),
      descriptors: await descriptorsOf(pid),
      threads,
    };
    // What is not there reads as 0, and what is always 0 does not grow.
    const { resident, heap, heapTotal, descriptors } = sample;
    if (Math.min(resident, anonymous, heap, heapTotal, descriptors, threads) === 0)
      throw new Error(`node ${node} tells no memory, descriptors or threads`);
    return sample;
  }
}

/** How often the monitor of a node's event loop looks. */
const MONITOR_MS = 10;
