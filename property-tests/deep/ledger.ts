/**
 * What a client knows of the values that it put under one key, in the order in which it sent them,
 * and what a node that was killed and started again may therefore answer.
 *
 * Rules: the last acknowledged value, or one sent after it, is there. A value sent without an
 * answer may be there or not. Anything else was never put under that key, or is out of date.
 */
export interface Sent {
  readonly value: string;
  /** `sent` while nothing was answered: unknown. `failed` when the node made nothing of it. */
  outcome: 'sent' | 'acknowledged' | 'failed';
}

export type Judgement = 'good' | 'lost' | 'invented';

/** @param found the value that a node answered with; nothing when it answered that it has none */
export function judge(sent: readonly Sent[], found: string | undefined): Judgement {
  const acknowledged = sent.findLastIndex(({ outcome }) => outcome === 'acknowledged');
  if (found === undefined) return acknowledged < 0 ? 'good' : 'lost';
  const at = sent.findLastIndex(({ value, outcome }) => value === found && outcome !== 'failed');
  if (at < 0) return 'invented';
  return at < acknowledged ? 'lost' : 'good';
}

/** What was sent under every key. */
export class Ledger {
  readonly #keys = new Map<string, Sent[]>();

  get keys(): readonly string[] {
    return [...this.#keys.keys()];
  }

  of(key: string): readonly Sent[] {
    return this.#keys.get(key) ?? [];
  }

  send(key: string, value: string): Sent {
    const one: Sent = { value, outcome: 'sent' };
    const before = this.#keys.get(key);
    if (before === undefined) this.#keys.set(key, [one]);
    else before.push(one);
    return one;
  }

  /** A node has served it from its disk and will do so again: as good as acknowledged. */
  confirm(key: string, value: string): void {
    const one = this.#keys.get(key)?.find((sent) => sent.value === value);
    if (one !== undefined) one.outcome = 'acknowledged';
  }
}
