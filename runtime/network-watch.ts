/**
 * Notices that this machine is in another network now: its own addresses, but for those that never
 * leave it, have changed. Node has no event for it, so it looks every few seconds.
 */
import { networkInterfaces } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';
import { NETWORK_LOOK_MS } from './bounds.ts';

export class NetworkWatch {
  readonly #onChange: () => void;
  readonly #timer: NodeJS.Timeout;
  #before = placesNow();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#timer = setInterval(() => {
      this.#look();
    }, NETWORK_LOOK_MS);
    this.#timer.unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = placesNow();
    if (now === undefined || now === this.#before) return;
    const isFirst = this.#before === undefined;
    this.#before = now;
    if (isFirst) return;
    // Without an address nobody can be reached: what comes next is the change that matters.
    if (now !== '') this.#onChange();
  }
}

/** Nothing when the system does not tell, as when no descriptor is free. */
function placesNow(): string | undefined {
  try {
    return placesIn(networkInterfaces());
  } catch {
    return undefined;
  }
}

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** The addresses of a machine as one text, in no order that matters. */
export function placesIn(interfaces: Interfaces): string {
  const all = Object.values(interfaces).flatMap((each) => each ?? []);
  const outside = all.filter(({ internal }) => !internal);
  return outside
    .map(({ cidr, address }) => cidr ?? address)
    .sort()
    .join(' ');
}
