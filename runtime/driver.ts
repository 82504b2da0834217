/**
 * The shell around the core: gives it inputs one at a time, keeps its state, carries out its
 * effects and wakes it. No knowledge of the protocol: an `if` about Kademlia belongs to `src/`.
 *
 * Invariants: the core is never entered from inside a handler, inputs that come up meanwhile wait
 * in a queue; effects are carried out in their order, after the state was replaced; there is one
 * timer, armed for the earliest time asked for, because a wake that comes early is harmless.
 *
 * An exception inside a step or a handler is a bug of ours: the driver stops for good and hands it
 * to `onFault`, for to go on with half an effect done would be worse (fail-stop).
 */
import type { Effect, Input } from '../src/step-types.ts';
import type { Directory, Moment } from '../src/types.ts';
import type { Clock } from './clock.ts';

/** The core as the driver knows it. */
export interface Core<S extends { readonly wakeAt: number }> {
  readonly initial: S;
  readonly step: (
    state: S,
    moment: Moment,
    input: Input,
    peers: Directory,
  ) => { readonly state: S; readonly effects: readonly Effect[] };
}

/** One handler for each kind of effect. */
export type Handlers = {
  readonly [T in Effect['type']]: (effect: Extract<Effect, { readonly type: T }>) => void;
};

export interface DriverOptions<S extends { readonly wakeAt: number }> {
  readonly core: Core<S>;
  readonly peers: Directory;
  readonly clock: Clock;
  readonly handlers: Handlers;
  /** Sees each step after its effects were decided and before they are carried out. */
  readonly onStep?:
    ((moment: Moment, input: Input, effects: readonly Effect[], after: S) => void) | undefined;
  /** Sees the input at which the core threw; `onFault` follows. */
  readonly onFailedStep?: ((moment: Moment, input: Input) => void) | undefined;
  readonly onFault: (error: unknown) => void;
}

export class Driver<S extends { readonly wakeAt: number }> {
  readonly #options: DriverOptions<S>;
  readonly #perform: (effect: Effect) => void;
  #state: S;
  #queue: Input[] = [];
  #running = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Infinity;

  constructor(options: DriverOptions<S>) {
    this.#options = options;
    this.#perform = performer(options.handlers);
    this.#state = options.core.initial;
    this.#arm(options.clock.moment().now);
  }

  get state(): S {
    return this.#state;
  }

  /** Hands in an input; it is stepped before this returns, unless a step is going on already. */
  feed(input: Input): void {
    if (this.#stopped) return;
    this.#queue.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      this.#takeAll();
    } catch (error) {
      this.stop();
      this.#options.onFault(error);
    } finally {
      this.#running = false;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  #takeAll(): void {
    const { clock, onStep } = this.#options;
    let now = 0;
    while (this.#queue.length > 0) {
      // What comes up while these are worked through waits in a queue of its own.
      const inputs = this.#queue;
      this.#queue = [];
      for (const input of inputs) {
        if (this.#stopped) return;
        const instant = clock.moment();
        now = instant.now;
        const done = this.#step(instant, input);
        this.#state = done.state;
        onStep?.(instant, input, done.effects, done.state);
        for (const effect of done.effects) this.#perform(effect);
      }
    }
    this.#arm(now);
  }

  #step(moment: Moment, input: Input): ReturnType<Core<S>['step']> {
    const { core, peers, onFailedStep } = this.#options;
    try {
      return core.step(this.#state, moment, input, peers);
    } catch (error) {
      onFailedStep?.(moment, input);
      throw error;
    }
  }

  #arm(now: number): void {
    const { wakeAt } = this.#state;
    if (this.#stopped || wakeAt >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = wakeAt;
    const { scale } = this.#options.clock;
    const delayMs = Math.min(TIMER_MS_MAX, Math.max(1, (wakeAt - now) * scale));
    this.#timer = setTimeout(() => {
      this.#armedFor = Infinity;
      this.feed({ type: 'wake' });
    }, delayMs);
  }
}

function performer(handlers: Handlers): (effect: Effect) => void {
  // The table has the handler of each type under that type, which a single index cannot express.
  const table = handlers as Readonly<Record<Effect['type'], (effect: Effect) => void>>;
  return (effect) => {
    table[effect.type](effect);
  };
}

/** What a timer of the platform can hold; a wake that comes early is harmless. */
const TIMER_MS_MAX = 0x7fffffff;
