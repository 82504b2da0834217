/**
 * The style sheet of a report. Light by default and on paper, dark where the reader's system asks
 * for it; two columns of figures where there is room, one where there is not.
 *
 * Invariant: no address of anything outside the page.
 */

import { FONT } from './chart.ts';
import { darkRules, TONES } from './palette.ts';

export function styleSheet(): string {
  return [tokens(), BASE, HEADER, TILES, FIGURES, TABLES, PICKER, PAPER].join('\n').trim();
}

function tokens(): string {
  const { paper, ink, muted, grid, axis } = TONES;
  const light = [paper, ink, muted, grid, axis].map((tone) => tone.light);
  const dark = [paper, ink, muted, grid, axis].map((tone) => tone.dark);
  const names = ['paper', 'ink', 'muted', 'grid', 'axis'];
  const set = (values: readonly string[]): string =>
    names.map((name, i) => `--${name}:${values[i] ?? ''}`).join(';');
  return `
:root{color-scheme:light dark;${set(light)};--card:#f7f8fa;--link:#005c91;--go:#0072b2;--on-go:#fff;
--hop:#0072b2;--last:#d55e00;--band:#f1f3f6;--good:#00734f;--bad:#b3261e}
@media screen and (prefers-color-scheme:dark){
:root{${set(dark)};--card:#1a2028;--link:#7cc7f5;--go:#4db1ec;--on-go:#0b1016;
--hop:#4db1ec;--last:#ff8f4a;--band:#1b222b;--good:#4fd6ab;--bad:#ff9d94}
${darkRules()}}`;
}

const BASE = `
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:16px/1.55 ${FONT};-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1152px;padding:0 24px 64px}
h1,h2,h3{line-height:1.2;text-wrap:balance;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.5rem;margin:56px 0 16px;padding-top:20px;border-top:1px solid var(--grid)}
h3{font-size:1.0625rem;margin:24px 0 4px}.figure h3{margin-top:0}
p{max-width:72ch;margin:0 0 12px}
a{color:var(--link)}
code,pre,.bits{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{font-size:.875em;overflow-wrap:anywhere}
pre{background:var(--card);border:1px solid var(--grid);border-radius:8px;padding:12px 14px;
margin:0 0 16px;
white-space:pre-wrap;overflow-wrap:anywhere;font-size:.875rem;line-height:1.5}
:focus-visible{outline:3px solid var(--go);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px}.skip:focus{left:24px;top:8px;background:var(--paper);
padding:4px 8px}
[hidden]{display:none!important}
small,.muted{color:var(--muted)}`;

const HEADER = `
header{padding:48px 0 8px}
.kind{color:var(--muted);font-size:.8125rem;letter-spacing:.08em;text-transform:uppercase;
margin:0 0 8px}
h1{font-size:clamp(1.75rem,1.2rem + 2.4vw,2.75rem);margin:0 0 12px}
.question{font-size:1.25rem;line-height:1.45;max-width:62ch}
.facts{color:var(--muted);max-width:none}
nav{display:flex;flex-wrap:wrap;gap:4px 20px;margin:20px 0 0;font-size:.9375rem}
nav a{text-decoration:none;padding:4px 0}nav a:hover{text-decoration:underline}
.digest{max-width:none;color:var(--muted);font-size:.875rem}`;

const TILES = `
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(225px,1fr));gap:12px;
margin:0 0 12px}
.tile{background:var(--card);border:1px solid var(--grid);border-radius:10px;padding:14px 16px}
.tile dt{font-size:.875rem;color:var(--muted)}
.tile dd{margin:0;display:flex;flex-direction:column}
.tile b{font-size:1.75rem;font-weight:650;letter-spacing:-.02em;line-height:1.3;
font-variant-numeric:tabular-nums}
.interval{font-size:.875rem;font-variant-numeric:tabular-nums}
.interval::before{content:"95 %: ";color:var(--muted)}
.tile small{font-size:.8125rem;margin-top:4px;line-height:1.4}`;

const FIGURES = `
.figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:32px 24px;margin:0 0 24px}
.figure{margin:0;min-width:0}.figure.full{grid-column:1/-1}
.plot{position:relative;border-radius:6px;touch-action:pan-y}
.plot svg{display:block;width:100%;height:auto}
.wide{display:block}.narrow{display:none}
figcaption{color:var(--muted);font-size:.875rem;line-height:1.5;margin:4px 0 0;max-width:80ch}
.guide{position:absolute;width:1px;background:var(--ink);opacity:.55;pointer-events:none}
.tip{position:absolute;max-width:min(340px,100%);background:var(--ink);color:var(--paper);
padding:4px 10px;
border-radius:6px;font-size:.8125rem;line-height:1.4;pointer-events:none;z-index:2}
details{margin:6px 0 0;font-size:.875rem}summary{cursor:pointer;color:var(--link);width:fit-content}
.files{margin:8px 0;display:flex;gap:16px}
@media (max-width:900px){.figures{grid-template-columns:minmax(0,1fr)}}
@media (max-width:640px){body{padding:0 16px 48px}.wide{display:none}.narrow{display:block}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}.tile{padding:10px 12px}
.tile b{font-size:1.375rem}}`;

const TABLES = `
.scroll{position:relative;margin:0 0 16px;overflow:auto;max-height:360px;
border:1px solid var(--grid);border-radius:8px}
.scroll.tall{max-height:none}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;min-width:100%}
th,td{padding:6px 12px;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{position:sticky;top:0;background:var(--card);font-weight:600;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
tbody th{font-weight:500}
.settings{columns:2;column-gap:24px;margin:12px 0 24px}.settings>*{break-inside:avoid;
margin:0 0 16px}
.settings th[scope=row]{white-space:nowrap}
.sheet td,.value code{overflow-wrap:anywhere}.settings .value{min-width:11em}
@media (max-width:900px){.settings{columns:1}}
@media (max-width:640px){.settings tr{display:grid;grid-template-columns:9em 1fr;
border-bottom:1px solid var(--grid)}.settings tr>*{border:0}.settings thead tr{display:block}
.settings td.muted{grid-column:1/-1;
padding-top:0}}
tr.changed td.value{font-weight:650}tr.changed{box-shadow:inset 4px 0 var(--go)}
.digests{white-space:nowrap}.digests code{overflow-wrap:normal}.unseen{position:absolute;width:1px;
height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.failed{color:var(--bad)}`;

const PICKER = `
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 12px}
button,select,input{font:inherit;font-size:.9375rem;color:var(--ink);background:var(--card);
border:1px solid var(--axis);border-radius:8px;padding:6px 12px;min-height:36px}
button{cursor:pointer}button:hover{border-color:var(--go);color:var(--link)}
input{width:7.5em}label{display:inline-flex;gap:8px;align-items:center;max-width:100%}
select{min-width:0;max-width:100%}
kbd{font:inherit;font-size:.75rem;border:1px solid var(--axis);border-radius:4px;padding:0 5px;
color:var(--muted);margin-left:6px}
.said{margin:0 0 8px;max-width:none}.said:empty{display:none}
[data-part=drawing]{min-height:240px}
.ladder{display:block;max-width:100%;height:auto;font-size:14px}
.ladder text{fill:var(--muted)}.ladder .strong{fill:var(--ink);font-weight:600}
.ladder .small{font-size:12px}.ladder .middle{text-anchor:middle}.ladder .end{text-anchor:end}
.ladder .column{fill:var(--band)}.ladder .rung{stroke:var(--grid)}
.ladder .target{stroke:var(--last);stroke-width:2}
.ladder .step{fill:none;stroke:var(--hop);stroke-width:2}
.ladder .head{fill:none;stroke:var(--hop);stroke-width:2}
.ladder .node{fill:var(--hop);stroke:var(--paper);stroke-width:2}
.ladder .asker{fill:var(--paper);stroke:var(--hop)}.ladder .last{fill:var(--last)}
.bits{letter-spacing:.06em;white-space:nowrap;color:var(--muted)}
.bits b{color:var(--last);font-weight:700;text-decoration:underline;text-underline-offset:3px}`;

const PAPER = `
@media print{html{font-size:11pt}body{max-width:none;padding:0}
nav,.bar,.skip,details,.tip,.guide{display:none}
.figure,.tile,tr{break-inside:avoid}h2,h3{break-after:avoid}.scroll{max-height:none;
overflow:visible}
a{color:inherit;text-decoration:none}header{padding-top:0}.wide{display:block}.narrow{display:none}
.figures{grid-template-columns:repeat(2,minmax(0,1fr))}}`;
