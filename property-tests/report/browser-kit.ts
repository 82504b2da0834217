/**
 * Reports and dashboards in a real browser: headless Chromium from the system, driven by
 * playwright-core from workspaces/browser, which the default install leaves out. Without either,
 * tests say so and skip.
 *
 * Whatever a page asks of others than its own server (a file has none) is refused and counted,
 * whatever it says on the console or breaks is kept: an undisturbed page has neither.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ExecutionContext } from 'ava';
import { requireOrSkip } from '../require.ts';

/** What we use of playwright's page. */
export interface BrowserPage {
  readonly goto: (url: string) => Promise<unknown>;
  readonly evaluate: (script: string) => Promise<unknown>;
  readonly click: (selector: string) => Promise<void>;
  readonly focus: (selector: string) => Promise<void>;
  readonly fill: (selector: string, text: string) => Promise<void>;
  readonly hover: (selector: string) => Promise<void>;
  readonly selectOption: (selector: string, value: string) => Promise<unknown>;
  readonly emulateMedia: (media: { readonly media: 'print' | 'screen' }) => Promise<void>;
  readonly keyboard: { readonly press: (key: string) => Promise<void> };
  readonly mouse: { readonly move: (x: number, y: number) => Promise<void> };
  readonly on: (event: string, listener: (event: Told) => void) => void;
  readonly route: (pattern: RegExp, handler: (route: Route) => Promise<void>) => Promise<void>;
}

/** A line on the console, or an error. */
interface Told {
  readonly text?: () => string;
  readonly message?: string;
}

interface Route {
  readonly abort: () => Promise<void>;
}

interface Browser {
  readonly newPage: (options: {
    readonly colorScheme: 'light' | 'dark';
    readonly viewport: { readonly width: number; readonly height: number };
  }) => Promise<BrowserPage>;
  readonly close: () => Promise<void>;
}

interface Playwright {
  readonly chromium: {
    readonly launch: (options: {
      readonly executablePath: string;
      readonly args: readonly string[];
    }) => Promise<Browser>;
  };
}

export interface Opened {
  readonly page: BrowserPage;
  /** Everything that a quiet page does not do. */
  readonly noise: readonly string[];
}

export interface View {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
}

/** Opens the report of a folder; nothing when the test was settled for want of a browser. */
export async function open(
  t: ExecutionContext,
  dir: string,
  view: View = {},
): Promise<Opened | undefined> {
  return await openPage(t, pathToFileURL(join(dir, 'report.html')).href, view);
}

/** Opens a page by its address; likewise. */
export async function openPage(
  t: ExecutionContext,
  url: string,
  { scheme = 'light', width = 1280 }: View = {},
): Promise<Opened | undefined> {
  const path = chromiumPath();
  const has = path !== undefined && existsSync(PLAYWRIGHT);
  const what = 'a browser (Debian package chromium, and npm ci --prefix workspaces/browser)';
  if (!requireOrSkip(t, has, what) || path === undefined) return undefined;
  const { chromium } = (await import(pathToFileURL(PLAYWRIGHT).href)) as Playwright;
  // The browser's own sandbox does not work for the superuser, as whom tests run in containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: path, args });
  t.teardown(async () => await browser.close());
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
  const noise: string[] = [];
  page.on('console', (event) => noise.push(`console: ${event.text?.() ?? ''}`));
  page.on('pageerror', (event) => noise.push(`error: ${event.message ?? ''}`));
  const own = url.startsWith('http:') ? `${new URL(url).origin}/` : 'file:';
  await page.route(new RegExp(`^(?!${own.replaceAll('.', '\\.')}|data:)`), async (route) => {
    noise.push('request');
    await route.abort();
  });
  await page.goto(url);
  return { page, noise };
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly text: string;
}

/** Boxes of what is seen of the elements that match, in their order. */
export async function boxesOf(page: BrowserPage, selector: string): Promise<readonly Box[]> {
  const script = `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return { left, right, top, bottom, text: element.textContent };
  }).filter(({ left, right, top, bottom }) => right > left && bottom > top)`;
  return (await page.evaluate(script)) as readonly Box[];
}

/** An attribute or a computed style of each element that matches and is shown. */
export async function readAll(
  page: BrowserPage,
  selector: string,
  what: string,
): Promise<readonly string[]> {
  const script = `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .filter((element) => element.getBoundingClientRect().width > 0)
    .map((element) => ${what})`;
  return (await page.evaluate(script)) as readonly string[];
}

export async function texts(page: BrowserPage, selector: string): Promise<readonly string[]> {
  return await readAll(page, selector, 'element.textContent');
}

/** `rgb(1, 2, 3)` as `#010203`. */
export function hexOf(colour: string): string {
  const parts = [...colour.matchAll(/\d+/g)].slice(0, 3);
  return `#${parts.map(([part]) => Number(part).toString(16).padStart(2, '0')).join('')}`;
}

/** Compiled, this file is in dist/property-tests/report. */
const PLAYWRIGHT = fileURLToPath(
  new URL('../../../workspaces/browser/node_modules/playwright-core/index.mjs', import.meta.url),
);

function chromiumPath(): string | undefined {
  const given = process.env['CHROMIUM'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = folders.map((folder) => join(folder, 'chromium'));
  return [...(given === undefined ? [] : [given]), ...candidates].find((path) => existsSync(path));
}
