/**
 * The little of a browser that the page's script touches, as types. The project is compiled for
 * Node, whose types know no document; these keep the script's functions checked all the same.
 */

export interface PageElement {
  readonly clientWidth: number;
  readonly dataset: Record<string, string | undefined>;
  readonly style: { left: string; top: string; height: string };
  readonly classList: { readonly toggle: (name: string, isOn: boolean) => void };
  hidden: boolean;
  innerHTML: string;
  textContent: string;
  value: string;
  disabled: boolean;
  readonly querySelector: (selector: string) => PageElement | null;
  readonly querySelectorAll: (selector: string) => Iterable<PageElement>;
  readonly getBoundingClientRect: () => PageBox;
  readonly closest: (selector: string) => PageElement | null;
  readonly addEventListener: (type: string, listener: (event: PageEvent) => void) => void;
}

export interface PageBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface PageEvent {
  readonly key: string;
  readonly clientX: number;
  readonly clientY: number;
  readonly target: PageElement;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly preventDefault: () => void;
}

export interface Page {
  readonly querySelector: (selector: string) => PageElement | null;
  readonly querySelectorAll: (selector: string) => Iterable<PageElement>;
}

export interface PageWindow {
  readonly addEventListener: (type: string, listener: () => void) => void;
}
