/**
 * The shell of a report: one HTML file that holds all it needs. Its policy allows its own style
 * sheet and its own script, each by SHA-256, and nothing else: no address, no inline attribute.
 *
 * Invariant: what comes from data was escaped before it arrives here as HTML, or arrives as an
 * object and is written as JSON that cannot end its element.
 */

import { createHash } from 'node:crypto';
import { clientScript } from './client.ts';
import { escape, scriptJson } from './format.ts';
import { styleSheet } from './style.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

export interface PagePlan {
  readonly title: string;
  /** What stands above the sections, as HTML. */
  readonly head: string;
  readonly sections: readonly Section[];
  /** For the script: element id to content. */
  readonly data: Readonly<Record<string, unknown>>;
}

export function pageHtml({ title, head, sections, data }: PagePlan): string {
  const style = `\n${styleSheet()}\n`;
  const script = `\n${clientScript()}`;
  const policy =
    `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; ` +
    `img-src data:; base-uri 'none'; form-action 'none'`;
  const links = sections.map((part) => `<a href="#${part.id}">${escape(part.title)}</a>`).join('');
  const bodies = sections.map(
    ({ id, title: name, html }) =>
      `<section id="${id}" aria-labelledby="${id}-title">\n` +
      `<h2 id="${id}-title">${escape(name)}</h2>\n${html}\n</section>`,
  );
  const blocks = Object.entries(data).map(
    ([id, content]) => `<script type="application/json" id="${id}">${scriptJson(content)}</script>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header>
${head}
<nav aria-label="Parts of the report">${links}</nav>
</header>
<main id="main">
${bodies.join('\n')}
</main>
${blocks.join('\n')}
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
