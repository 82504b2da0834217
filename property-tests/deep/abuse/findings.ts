/**
 * What an attack found: lines for the reader, and faults where something did not hold. A bound is
 * always named together with what was measured.
 */
export class Findings {
  readonly lines: string[] = [];
  readonly faults: string[] = [];

  line(title: string, text: string): void {
    this.lines.push(`${title.padEnd(11)} ${text}`);
  }

  /** Something must hold. */
  holds(what: string, isSo: boolean): void {
    if (!isSo) this.faults.push(what);
  }

  atMost(what: string, value: number, most: number): void {
    const fits = value <= most;
    this.holds(`${what}: ${round(value)}, at most ${round(most)} allowed`, fits);
  }
}

export function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

export function mebibytes(bytes: number): string {
  return `${round(bytes / MIB)} MiB`;
}

export const KIB = 1024;
export const MIB = 1024 * KIB;
