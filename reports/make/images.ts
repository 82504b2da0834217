/**
 * Makes the pictures of the README again, in docs/images/: the dashboard of a node in a cluster
 * that is asked things, and the report of a simulation, both as headless Chromium shows them.
 *
 *   npm run images -- [dashboard] [report] [--base-port PORT]
 *
 * It needs Chromium (Debian package chromium, or CHROMIUM=PATH) and playwright-core
 * (npm ci --prefix workspaces/browser). The pictures are of living nodes: no two are the same.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { connectClient } from '../../runtime/api/client.ts';
import { palettePng } from './png.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COMMAND = join(ROOT, 'cli', 'orrery.mjs');
const PLAYWRIGHT = join(ROOT, 'workspaces/browser/node_modules/playwright-core/index.mjs');
const NODES = 12;
/** Values stored, and for how long they are asked for before the picture is made. */
const VALUES = 120;
const ASK_MS = 40_000;
const SIM = '--nodes 1000 --latency regions --links warm --duration 10m --lookups 3000'.split(' ');

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'base-port': { type: 'string', default: '28501' } },
});
const dir = await mkdtemp(join(tmpdir(), 'orrery-images-'));
try {
  await mkdir(join(ROOT, 'docs/images'), { recursive: true });
  const all = positionals.length === 0;
  if (all || positionals.includes('dashboard')) await dashboard(Number(flags['base-port']));
  if (all || positionals.includes('report')) await report();
} finally {
  await rm(dir, { recursive: true, force: true });
}

async function dashboard(basePort: number): Promise<void> {
  const base = ['--base-port', String(basePort), '--data', join(dir, 'cluster')];
  const cluster = run('cluster', '--nodes', String(NODES), ...base);
  const ended = new Promise<void>((resolve) => cluster.once('close', () => resolve()));
  try {
    const url = await new Promise<string>((resolve, reject) => {
      cluster.stdout?.setEncoding('utf8').on('data', (text: string) => {
        const [, at] = /see them at (http\S+)/.exec(text) ?? [];
        if (at !== undefined) resolve(at);
      });
      void ended.then(() => reject(new Error('the cluster ended before all had joined')));
    });
    const asking = { goesOn: true };
    const asked = askFor(basePort + 1000, asking);
    await Promise.race([asked, delay(ASK_MS)]);
    await picture(url, 'dashboard', 1100, async (page) => {
      await page.fill('#key', 'value 7');
      await page.click('#go');
      await page.evaluate(`new Promise((resolve) => setTimeout(resolve, 3000))`);
    });
    asking.goesOn = false;
    await asked;
  } finally {
    cluster.kill('SIGINT');
    await ended;
  }
}

/** Stores values and asks for them, more at some times than at others. */
async function askFor(port: number, asking: { readonly goesOn: boolean }): Promise<void> {
  const client = await connectClient({ host: '127.0.0.1', port });
  const keyOf = (index: number): Uint8Array =>
    Uint8Array.from(
      createHash('sha256')
        .update(`value ${index % VALUES}`)
        .digest(),
    );
  for (let i = 0; asking.goesOn; i++) {
    if (i < VALUES || i % 6 === 0) {
      const value = new Uint8Array(400 + ((i * 97) % 3000));
      await client.put(keyOf(i), value, { replication: 4 });
    } else {
      await client.get(keyOf(i * 7));
    }
    await delay(12 + 10 * Math.sin(i / 60));
  }
  await client.close();
}

async function report(): Promise<void> {
  const out = join(dir, 'result');
  const sim = run('sim', ...SIM, '--seed', '1', '--out', out);
  const code = await new Promise((resolve) => sim.once('close', resolve));
  if (code !== 0) throw new Error(`the simulation ended with ${String(code)}`);
  await picture(pathToFileURL(join(out, 'report.html')).href, 'report', 1000, async (page) => {
    await page.evaluate(`document.querySelector('#lookups').scrollIntoView()`);
  });
}

interface Page {
  readonly goto: (url: string) => Promise<unknown>;
  readonly evaluate: (script: string) => Promise<unknown>;
  readonly fill: (selector: string, text: string) => Promise<void>;
  readonly click: (selector: string) => Promise<void>;
  readonly screenshot: () => Promise<Buffer>;
}

interface Playwright {
  readonly chromium: {
    readonly launch: (options: object) => Promise<{
      readonly newPage: (options: object) => Promise<Page>;
      readonly close: () => Promise<void>;
    }>;
  };
}

async function picture(
  url: string,
  name: string,
  height: number,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const { chromium } = (await import(pathToFileURL(PLAYWRIGHT).href)) as Playwright;
  const given = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(given)) throw new Error(`there is no browser at ${given}: name one as CHROMIUM`);
  // The browser's own sandbox does not work for the superuser.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: given, args });
  try {
    const viewport = { width: 1280, height };
    const page = await browser.newPage({ viewport, colorScheme: 'light' });
    await page.goto(url);
    await page.evaluate(`new Promise((resolve) => setTimeout(resolve, 2000))`);
    await act(page);
    const bytes = await smaller(await browser.newPage({ viewport }), await page.screenshot());
    await writeFile(join(ROOT, 'docs/images', `${name}.png`), bytes);
    console.log(`written docs/images/${name}.png, ${bytes.length} bytes`);
  } finally {
    await browser.close();
  }
}

/** A picture in few colours: the browser unpacks what it packed. */
async function smaller(page: Page, png: Buffer): Promise<Uint8Array> {
  const seen = (await page.evaluate(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png.toString('base64')}';
    await image.decode();
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    let text = '';
    for (const byte of canvas.getImageData(0, 0, width, height).data) {
      text += String.fromCharCode(byte);
    }
    return { width, height, pixels: btoa(text) };
  })()`)) as { readonly width: number; readonly height: number; readonly pixels: string };
  return palettePng(seen.width, seen.height, Buffer.from(seen.pixels, 'base64'));
}

function run(...args: string[]): ChildProcess {
  return spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}
