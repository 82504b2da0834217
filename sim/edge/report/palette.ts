/**
 * Colours. Charts are drawn in the light ones; a page shows them in the dark ones where a reader
 * asks for a dark page: the style sheet maps each light colour, wherever an SVG names it, to its
 * dark counterpart, so a chart is drawn once and its file needs no style.
 *
 * The series colours follow Okabe and Ito's set for colour-blind readers, darkened until each
 * stands out from white by 3 : 1; text has at least 4.5 : 1 on both grounds. Series are also told
 * apart by order, dashes or labels: colour never says anything alone.
 */

export interface Tone {
  readonly light: string;
  readonly dark: string;
}

export const TONES = {
  paper: { light: '#ffffff', dark: '#12161c' },
  ink: { light: '#1b2430', dark: '#e8ecf1' },
  muted: { light: '#56616f', dark: '#a4b0be' },
  grid: { light: '#e4e8ed', dark: '#2a323d' },
  axis: { light: '#9aa5b1', dark: '#5d6a79' },
} as const satisfies Record<string, Tone>;

export const SERIES: readonly Tone[] = [
  { light: '#0072b2', dark: '#4db1ec' },
  { light: '#d55e00', dark: '#ff8f4a' },
  { light: '#00916a', dark: '#2fcfa3' },
  { light: '#b5578d', dark: '#ea9ac8' },
  { light: '#b87d00', dark: '#f0bd4f' },
  { light: '#3d97d1', dark: '#9ed6f7' },
  { light: '#6f4fb0', dark: '#b69df0' },
  { light: '#6b7280', dark: '#b3bcc8' },
];

/** Dark blue to yellow, even in lightness, the same to readers who do not see red or green. */
export const HEAT = ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'] as const;

export function seriesColour(index: number): string {
  return SERIES[index % SERIES.length]?.light ?? TONES.ink.light;
}

/** Rules that turn a light drawing into a dark one. */
export function darkRules(): string {
  return [...Object.values(TONES), ...SERIES]
    .map(
      ({ light, dark }) =>
        `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`,
    )
    .join('');
}

/** Not quite the tones of a page, which change with it: a tile of a heat map stays as it is. */
const WHITE = '#fffffe';
const BLACK = '#000001';

/** The colour whose text is read best on a colour of the heat map. */
export function textOn(background: string): string {
  return contrast(background, WHITE) > contrast(background, BLACK) ? WHITE : BLACK;
}

/** Contrast of two colours, from 1 to 21, by the WCAG's formula. */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Colour of a share of the scale, between the two nearest of `HEAT`. */
export function heatColour(share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (HEAT.length - 1);
  const low = Math.min(HEAT.length - 2, Math.floor(at));
  const [from, to] = [HEAT[low] ?? HEAT[0], HEAT[low + 1] ?? HEAT[0]];
  const mixed = [1, 3, 5].map((i) => {
    const [a, b] = [from, to].map((colour) => Number.parseInt(colour.slice(i, i + 2), 16));
    const value = Math.round((a ?? 0) + (at - low) * ((b ?? 0) - (a ?? 0)));
    return value.toString(16).padStart(2, '0');
  });
  return `#${mixed.join('')}`;
}
