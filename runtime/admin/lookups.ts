/**
 * Looking keys up for the dashboard: a GET like any client's, told with each of its hops.
 *
 * Rules: the value is not told, only what its record says of it; few at a time, each with a
 * deadline. Peers go by the first eight digits of their ids, as in `observed.ts`.
 */
import { keyOf } from '../../host/admit.ts';
import { bytesOfBits256 } from '../../host/words.ts';
import { positionOf, sharedBits } from '../../src/position.ts';
import type { Effect, Input, Outcome } from '../../src/step-types.ts';
import type { Peer, Position, RecordHeader } from '../../src/types.ts';
import { LOOKUPS_AT_ONCE_MAX, OVERDUE_MS } from '../bounds.ts';
import type { Engine } from '../engine.ts';
import type { Ground } from '../ground.ts';
import { placeOf } from '../links/address-book.ts';
import { shortHex } from '../log.ts';
import { Way } from './hops.ts';
import type { Hop } from './hops.ts';
import { tenths } from './observed.ts';

/** A peer by name, and where it is as far as that is known. */
interface SeenPeer {
  readonly name: string;
  readonly at: string | undefined;
  readonly isSelf: boolean;
  /** The leading 32 bits of its position. */
  readonly position: number;
  /** Leading bits that its position shares with the key's. */
  readonly sharedBits: number;
}

/** A hop; `end` is nothing where the operation was over before it. */
export type SeenHop = Omit<Hop, 'peer' | 'call' | 'namedBy'> & {
  readonly peer: SeenPeer;
  readonly namedBy: string | undefined;
};

export interface LookupSeen {
  /** In hex. */
  readonly key: string;
  /** The leading 32 bits of its position. */
  readonly position: number;
  readonly outcome: Outcome['type'];
  /** Why it failed. */
  readonly failure: string | undefined;
  readonly tookMs: number;
  readonly holder: SeenPeer | undefined;
  readonly record: SeenRecord | undefined;
  /** In the order in which they were asked. */
  readonly hops: readonly SeenHop[];
}

interface SeenRecord {
  readonly bytes: number;
  readonly version: number;
  readonly publisher: string;
  readonly replication: number;
  /** Life granted, and left, in seconds. */
  readonly ttlS: number;
  readonly leftS: number;
}

export class Lookups {
  readonly #ground: Ground;
  readonly #engine: Engine;
  readonly #ways = new Set<Way>();

  constructor(ground: Ground, engine: Engine) {
    this.#ground = ground;
    this.#engine = engine;
  }

  get hasRoom(): boolean {
    return this.#ways.size < LOOKUPS_AT_ONCE_MAX;
  }

  /** A step of the core. */
  step(input: Input, effects: readonly Effect[]): void {
    for (const way of this.#ways) way.step(input, effects, this.#engine.driver.state);
  }

  async run(raw: Uint8Array): Promise<LookupSeen> {
    const way = new Way();
    this.#ways.add(way);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, OVERDUE_MS, undefined);
    });
    try {
      const asker = { who: this, begun: way.begin.bind(way) };
      const got = await Promise.race([this.#engine.operations.get(raw, asker), late]);
      return this.#seen(raw, way, got?.outcome);
    } finally {
      clearTimeout(timer);
      this.#ways.delete(way);
    }
  }

  #seen(raw: Uint8Array, way: Way, outcome: Outcome | undefined): LookupSeen {
    const { position } = keyOf(this.#ground.edge, raw);
    const found = outcome?.type === 'found' ? outcome : undefined;
    const failure = outcome?.type === 'failed' ? outcome.failure : undefined;
    return {
      key: Buffer.from(raw).toString('hex'),
      position: position.w0 >>> 0,
      outcome: outcome?.type ?? 'failed',
      failure: outcome === undefined ? 'timed-out' : failure,
      tookMs: tenths(way.tookMs),
      holder: found === undefined ? undefined : this.#peer(found.holder, position),
      record: found === undefined ? undefined : recordOf(found.record),
      hops: way.hops.map((hop) => this.#hop(hop, position)),
    };
  }

  #hop({ peer, namedBy, call: _, sentMs, tookMs, ...rest }: Hop, position: Position): SeenHop {
    return {
      ...rest,
      peer: this.#peer(peer, position),
      namedBy: namedBy === undefined ? undefined : this.#nameOf(namedBy),
      sentMs: tenths(sentMs),
      ...(tookMs === undefined ? {} : { tookMs: tenths(tookMs) }),
    };
  }

  #peer(peer: Peer, position: Position): SeenPeer {
    const { directory, self, book } = this.#ground;
    const own = positionOf(directory, peer);
    return {
      name: this.#nameOf(peer),
      at: placeOf(book, peer),
      isSelf: peer === self,
      position: own.w0 >>> 0,
      sharedBits: sharedBits(own, position),
    };
  }

  #nameOf(peer: Peer): string {
    return shortHex(this.#ground.directory.idOf(peer));
  }
}

function recordOf({
  size,
  version,
  publisher,
  replication,
  ttlS,
  lifeMs,
}: RecordHeader): SeenRecord {
  return {
    bytes: size,
    version,
    publisher: shortHex(bytesOfBits256(publisher)),
    replication,
    ttlS,
    leftS: Math.floor(lifeMs / 1000),
  };
}
