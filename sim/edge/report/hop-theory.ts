/**
 * How many hops a lookup of an existing node takes in a converged network when it asks one contact
 * at a time and every reply names one (alpha = beta = paths = 1): an exact Markov chain, up to
 * interpolation in networks of more than 512 nodes.
 *
 * Derivation. Let the current node share b bits with the target. Its bucket b is a uniform sample
 * of k of the m nodes that share at least b + 1 bits with the target, the target among them (the
 * pool). With probability min(1, k/m) the target is in the sample and is asked next: one hop.
 * Else k sampled and u = m - 1 - k other nodes lie at random below the pool's prefix, and the next
 * hop is the sampled node that shares most bits. It leaves the pool at level j (shares j - 1 bits
 * more than the pool does) with probability (1 - 2^-j)^k - (1 - 2^-(j-1))^k, and of the others
 * Binomial(u, 2^-j) share a bit more than it does, so that its pool has 1 + Binomial(u, 2^-j)
 * nodes. The lookup begins in the same way, as if one sampled node, the asker, had been drawn from
 * all of them. The samples of different nodes are independent, so nothing else is remembered.
 *
 * Roos, Salah and Strufe, "Comprehending Kademlia Routing" (arXiv:1307.7000), treat the general
 * case with parallel requests numerically, by a chain of the same kind over bit distances.
 */

/** Pools up to this size are computed one by one, larger ones in steps of a 16th of an octave. */
const EXACT_MAX = 512;
const STEPS_PER_OCTAVE = 16;
const HOPS_MAX = 40;
const NEGLIGIBLE = 1e-13;
/** Standard deviations of a binomial that are summed over. */
const SPREAD = 9;

/**
 * The law of hops for buckets of k; what it computes for one size of network helps the next.
 *
 * @returns from a number of nodes to the probability of each number of hops, from 0; sums to 1
 */
export function hopLaw(k: number): (nodes: number) => readonly number[] {
  const chain = new Chain(k);
  return (nodes) => (nodes < 2 ? [1] : normal(chain.after(1, nodes - 2)));
}

export function meanOf(shares: readonly number[]): number {
  return shares.reduce((sum, share, value) => sum + value * share, 0);
}

function normal(hops: readonly number[]): readonly number[] {
  let last = hops.length - 1;
  while (last > 0 && (hops[last] ?? 0) < NEGLIGIBLE) last--;
  const kept = hops.slice(0, last + 1);
  const total = kept.reduce((sum, share) => sum + share, 0);
  return kept.map((share) => share / total);
}

/** Hops still to go, by the size of the pool of the node that is being asked. */
class Chain {
  readonly #k: number;
  readonly #exact: number[][] = [];
  /** Entry i is for a pool of EXACT_MAX * 2^(i / STEPS_PER_OCTAVE). */
  readonly #coarse: number[][] = [];

  constructor(k: number) {
    this.#k = k;
  }

  /** Mean over the pools that `sampled` nodes leave of `others`, none of the sampled the target. */
  after(sampled: number, others: number): number[] {
    const mixed = new Array<number>(HOPS_MAX).fill(0);
    let before = 0;
    for (let level = 1; level <= 64; level++) {
      const half = 2 ** -level;
      const below = Math.exp(sampled * Math.log(1 - half));
      const weight = below - before;
      before = below;
      if (weight > NEGLIGIBLE) this.#addThinned(mixed, weight, others, half);
      if (1 - below < NEGLIGIBLE) break;
    }
    return mixed;
  }

  #addThinned(mixed: number[], weight: number, others: number, share: number): void {
    const mean = others * share;
    const deviation = Math.sqrt(mean * (1 - share));
    if (mean - SPREAD * deviation > EXACT_MAX) {
      // Three points that match the first five moments of a normal law.
      const far = deviation * Math.sqrt(3);
      add(mixed, weight / 6, this.#ofPool(1 + mean - far));
      add(mixed, (weight * 2) / 3, this.#ofPool(1 + mean));
      add(mixed, weight / 6, this.#ofPool(1 + mean + far));
      return;
    }
    const from = Math.max(0, Math.floor(mean - SPREAD * deviation - SPREAD));
    const to = Math.min(others, Math.ceil(mean + SPREAD * deviation + SPREAD));
    const whole = Math.round(others);
    for (const [i, chance] of binomial(whole, share, from, Math.min(to, whole)).entries()) {
      if (chance > NEGLIGIBLE) add(mixed, weight * chance, this.#ofPool(1 + from + i));
    }
  }

  #ofPool(size: number): readonly number[] {
    if (size <= EXACT_MAX && Number.isInteger(size)) {
      this.#fillExact(size);
      return this.#exact[size] ?? [];
    }
    const at = Math.max(0, STEPS_PER_OCTAVE * Math.log2(size / EXACT_MAX));
    const low = Math.floor(at);
    this.#fillCoarse(low + 1);
    const [a = [], b = []] = [this.#coarse[low], this.#coarse[low + 1]];
    return a.map((share, hops) => share + (at - low) * ((b[hops] ?? 0) - share));
  }

  #fillExact(size: number): void {
    for (let pool = this.#exact.length; pool <= size; pool++) this.#exact.push(this.#asked(pool));
  }

  #fillCoarse(index: number): void {
    for (let i = this.#coarse.length; i <= index; i++) {
      this.#coarse.push(this.#asked(EXACT_MAX * 2 ** (i / STEPS_PER_OCTAVE)));
    }
  }

  /** A node with such a pool is asked: the target answers next, or it goes on. */
  #asked(pool: number): number[] {
    const hit = Math.min(1, this.#k / Math.max(pool, 1));
    const hops = new Array<number>(HOPS_MAX).fill(0);
    hops[1] = hit;
    if (hit === 1) return hops;
    const rest = this.after(this.#k, pool - 1 - this.#k);
    for (let i = 1; i < HOPS_MAX; i++) hops[i] = (hops[i] ?? 0) + (1 - hit) * (rest[i - 1] ?? 0);
    return hops;
  }
}

function add(into: number[], weight: number, shares: readonly number[]): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + weight * (shares[i] ?? 0);
}

/** Chances of `from` to `to` successes in `n` trials. */
function binomial(n: number, share: number, from: number, to: number): number[] {
  if (n === 0) return [1];
  const chances: number[] = [];
  const logOdds = Math.log(share) - Math.log(1 - share);
  let log = n * Math.log(1 - share);
  for (let i = 1; i <= to; i++) {
    if (i > from) chances.push(Math.exp(log));
    log += Math.log((n - i + 1) / i) + logOdds;
  }
  chances.push(Math.exp(log));
  return chances;
}
