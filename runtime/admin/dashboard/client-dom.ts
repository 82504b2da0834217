/**
 * The little of a browser that the dashboard's script touches, as types. The project is compiled
 * for Node, whose types know no document; these keep the script's functions checked all the same.
 */

export interface PageElement {
  textContent: string;
  hidden: boolean;
  value: string;
  disabled: boolean;
  readonly style: { setProperty: (name: string, value: string) => void };
  readonly dataset: Record<string, string | undefined>;
  readonly children: ArrayLike<PageElement>;
  readonly append: (...children: readonly (PageElement | string)[]) => void;
  readonly replaceChildren: (...children: readonly (PageElement | string)[]) => void;
  readonly remove: () => void;
  readonly setAttribute: (name: string, value: string) => void;
  readonly removeAttribute: (name: string) => void;
  readonly querySelector: (selector: string) => PageElement | null;
  readonly addEventListener: (type: string, listener: (event: PageEvent) => void) => void;
}

export interface PageEvent {
  readonly preventDefault: () => void;
}

export interface Page {
  title: string;
  readonly querySelector: (selector: string) => PageElement | null;
  readonly createElement: (tag: string) => PageElement;
  readonly createElementNS: (space: string, tag: string) => PageElement;
}

export interface PageSource {
  readonly addEventListener: (
    type: string,
    listener: (event: { readonly data: string }) => void,
  ) => void;
  readonly close: () => void;
}

export interface PageWindow {
  readonly EventSource: new (url: string) => PageSource;
  readonly location: { readonly hash: string; readonly hostname: string; readonly port: string };
  readonly performance: { readonly now: () => number };
  readonly setInterval: (work: () => void, ms: number) => void;
  readonly setTimeout: (work: () => void, ms: number) => void;
  readonly addEventListener: (type: string, listener: () => void) => void;
  readonly fetch: (
    url: string,
    options: {
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    },
  ) => Promise<{
    readonly ok: boolean;
    readonly text: () => Promise<string>;
    readonly json: () => Promise<unknown>;
  }>;
}
