/**
 * The dashboard: one HTML page that holds all it needs. Its policy allows its own style sheet and
 * its own script, each by SHA-256, and requests to its own server: nothing of anybody else's.
 *
 * Invariant: the page is the same for every node; what a node says reaches it as data only.
 */
import { createHash } from 'node:crypto';
import { BODY } from './body.ts';
import { clientScript } from './script.ts';
import { styleSheet } from './style.ts';

export interface Dashboard {
  readonly html: string;
  /** For the Content-Security-Policy. */
  readonly policy: string;
}

let made: Dashboard | undefined;

export function dashboard(): Dashboard {
  return (made ??= make());
}

function make(): Dashboard {
  const style = `\n${styleSheet()}\n`;
  const script = `\n${clientScript()}`;
  const policy =
    `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; ` +
    `connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; ` +
    `frame-ancestors 'none'`;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Orrery node</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${BODY}
<script>${script}</script>
</body>
</html>
`;
  return { html, policy };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
