/**
 * What the dashboard's script remembers while the page is open. Types only.
 */
import type { LookupSeen } from '../lookups.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Page, PageWindow } from './client-dom.ts';

export interface View {
  readonly page: Page;
  readonly window: PageWindow;
  snapshot: Snapshot | undefined;
  /** The last one asked for. */
  lookup: LookupSeen | undefined;
  /** What changed from one snapshot to the next, the newest first. */
  readonly changes: string[];
  /** When the node was last heard of, in ms of the window's clock. */
  heardAt: number | undefined;
  /** When it was heard of again, after how many seconds. */
  back: { readonly at: number; readonly seconds: number } | undefined;
  isGone: boolean;
}
