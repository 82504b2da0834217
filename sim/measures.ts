/**
 * What is counted and sampled while a simulation runs. Messages and events count from the first to
 * the last event; everything else only from the moment the warm-up is over.
 */

import type { Message } from '../src/types.ts';
import { Sample } from './distribution.ts';

export const MESSAGE_KINDS = [
  'ping',
  'find-node',
  'find-value',
  'store',
  'leave',
  'ok',
  'peers',
  'value',
  'refused',
] as const;

export class Measures {
  /** Whole run. */
  events = 0;
  messages = 0;

  /** From the end of the warm-up on. */
  measuring = false;
  readonly sent: Record<(typeof MESSAGE_KINDS)[number], number> = {
    ping: 0,
    'find-node': 0,
    'find-value': 0,
    store: 0,
    leave: 0,
    ok: 0,
    peers: 0,
    value: 0,
    refused: 0,
  };
  sessions = 0;
  readonly residualMs = new Sample();

  lookups = 0;
  lookupsSucceeded = 0;
  lookupsExact = 0;
  readonly hops = new Sample();
  readonly lookupMs = new Sample();
  readonly lookupMessages = new Sample();

  /** Items of the workload that could not begin: nobody to ask, or nothing to read. */
  skipped = 0;
  puts = 0;
  putsStored = 0;
  readonly putMs = new Sample();
  gets = 0;
  getsFound = 0;
  getsNotFound = 0;
  getsWrong = 0;
  readonly getMs = new Sample();
  readonly getMessages = new Sample();

  /** Node time, in microseconds, as far as `#countedAt`. */
  onlineUs = 0;
  populationUs = 0;
  #online = 0;
  #slots = 0;
  #countedAt = 0;

  onSent(message: Message): void {
    this.messages++;
    if (this.measuring) this.sent[message.body.type]++;
  }

  /** The number of online nodes changes at an instant. */
  onOnline(change: number, now: number): void {
    this.countTime(now);
    this.#online += change;
  }

  begin(now: number, slots: number): void {
    this.countTime(now);
    this.measuring = true;
    this.onlineUs = 0;
    this.populationUs = 0;
    this.#slots = slots;
  }

  countTime(now: number): void {
    this.onlineUs += this.#online * (now - this.#countedAt);
    this.populationUs += this.#slots * (now - this.#countedAt);
    this.#countedAt = now;
  }

  get online(): number {
    return this.#online;
  }
}
