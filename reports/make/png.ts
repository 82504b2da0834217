/**
 * Pictures of pages as PNG with a palette (ISO/IEC 15948): a page has few colours and the shades
 * between them, so 256 of them show it in half of the bytes of true colour.
 *
 * Rule: the most frequent colours that can be told apart are exact, each other one becomes the
 * nearest of them.
 */
import { crc32, deflateSync } from 'node:zlib';

/** @param rgba four bytes a pixel, row by row; opacity is left out */
export function palettePng(width: number, height: number, rgba: Uint8Array): Uint8Array {
  const counts = new Map<number, number>();
  const pixels = Array.from({ length: width * height }, (_, at) => colourAt(rgba, 4 * at));
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const frequent = [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour);
  const palette = paletteOf(frequent);
  const indices = new Map(frequent.map((colour) => [colour, nearest(palette, colour).index]));
  const rows = Buffer.alloc(height * (width + 1));
  pixels.forEach((colour, at) => {
    // Each row begins with its filter: none.
    rows[at + Math.floor(at / width) + 1] = indices.get(colour) ?? 0;
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3], 8);
  const colours = palette.flatMap((colour) => channelsOf(colour));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(colours)),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.set(body, 4);
  bytes.writeUInt32BE(crc32(body), 4 + body.length);
  return bytes;
}

function paletteOf(frequent: readonly number[]): readonly number[] {
  const palette: number[] = [];
  for (const colour of frequent) {
    if (palette.length < COLOURS_MAX && nearest(palette, colour).far > SAME) palette.push(colour);
  }
  return palette;
}

/** `far` is the square of the distance. */
function nearest(palette: readonly number[], colour: number): { index: number; far: number } {
  const wanted = channelsOf(colour);
  let best = { index: 0, far: Infinity };
  palette.forEach((other, index) => {
    const far = channelsOf(other).reduce((sum, x, i) => sum + (x - (wanted[i] ?? 0)) ** 2, 0);
    if (far < best.far) best = { index, far };
  });
  return best;
}

function colourAt(rgba: Uint8Array, at: number): number {
  return ((rgba[at] ?? 0) << 16) | ((rgba[at + 1] ?? 0) << 8) | (rgba[at + 2] ?? 0);
}

function channelsOf(colour: number): readonly number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

const COLOURS_MAX = 256;
/** As far apart as nobody sees. */
const SAME = 5 ** 2;
