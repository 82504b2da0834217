/**
 * The style sheet of the dashboard: light by default, dark where the reader's system asks for it;
 * two columns where there is room. Its tones are those of the reports of simulations.
 *
 * Invariants: text has a contrast of 4.5 : 1 at least; what a colour says, a word or a shape says
 * too; no address of anything outside the page.
 */

export function styleSheet(): string {
  return [TOKENS, BASE, HEADER, TILES, CARDS, RING, LOOKUP].join('\n').trim();
}

const TOKENS = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b2430;--muted:#56616f;--grid:#e4e8ed;
--axis:#9aa5b1;--card:#f7f8fa;--link:#005c91;--go:#0072b2;--tint:#d9ebf6;--hop:#b34a00;
--good:#00734f;--bad:#b3261e;--arc:#c3ccd6;--arc2:#dde3ea}
@media (prefers-color-scheme:dark){
:root{--paper:#12161c;--ink:#e8ecf1;--muted:#a4b0be;--grid:#2a323d;--axis:#5d6a79;--card:#1a2028;
--link:#7cc7f5;--go:#4db1ec;--tint:#1d3648;--hop:#ff8f4a;--good:#4fd6ab;--bad:#ff9d94;
--arc:#465261;--arc2:#303a47}}`;

const BASE = `
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%;
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}
body{margin:0 auto;max-width:1240px;padding:0 20px 40px}
h1,h2{line-height:1.2;font-weight:650;letter-spacing:-.01em;margin:0}
h1{font-size:1.5rem}h2{font-size:1.0625rem;margin-bottom:10px}
p{margin:0 0 8px}
a,summary{color:var(--link)}
code{font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--go);outline-offset:2px;border-radius:4px}
[hidden]{display:none!important}
.skip{position:absolute;left:-999px}.skip:focus{left:20px;top:4px;background:var(--paper);
padding:4px 8px;z-index:2}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
small,.muted{color:var(--muted)}`;

const HEADER = `
header{padding:20px 0 14px}
.top{display:flex;justify-content:space-between;align-items:baseline;gap:12px;flex-wrap:wrap}
.kind{color:var(--muted);font-size:.8125rem;letter-spacing:.08em;text-transform:uppercase;margin:0}
.live{margin:0;font-variant-numeric:tabular-nums}
#state{font-weight:650}
#state::before{content:"";display:inline-block;width:.7em;height:.7em;border-radius:50%;
margin-right:.45em;border:2px solid var(--axis)}
#state[data-state=live]{color:var(--good)}
#state[data-state=live]::before{background:var(--good);border-color:var(--good)}
#state[data-state=gone]{color:var(--bad)}
#state[data-state=gone]::before{border-color:var(--bad);border-radius:0;transform:rotate(45deg)}
#main[data-state=gone]{opacity:.55}
.facts{color:var(--muted);margin:2px 0 0;font-size:.875rem;font-variant-numeric:tabular-nums}
nav{display:flex;flex-wrap:wrap;gap:6px;margin:12px 0 0;max-height:96px;overflow:auto}
nav a{text-decoration:none;border:1px solid var(--grid);border-radius:8px;padding:3px 10px;
font-size:.875rem;background:var(--card)}
nav a:hover{border-color:var(--go)}
nav a[aria-current]{background:var(--tint);border-color:var(--go);font-weight:650}`;

const TILES = `
.tiles{display:grid;gap:12px;margin:0 0 12px;
grid-template-columns:repeat(2,minmax(0,13fr)) repeat(4,minmax(0,10fr))}
.tile,.card{background:var(--card);border:1px solid var(--grid);border-radius:10px;min-width:0}
.tile{padding:10px 14px 12px}
.tile dt{font-size:.8125rem;color:var(--muted)}
.tile dd{margin:0;display:flex;flex-direction:column;font-variant-numeric:tabular-nums}
.tile b{font-size:1.375rem;font-weight:650;letter-spacing:-.02em;line-height:1.35}
.tile small{font-size:.78125rem;line-height:1.45;overflow-wrap:anywhere}
.spark{width:100%;height:32px;margin:2px 0 4px;display:block}
.spark .line{fill:none;stroke:var(--go);stroke-width:1.5;vector-effect:non-scaling-stroke}
.spark .area{fill:var(--tint)}
.meter{height:5px;border-radius:3px;background:var(--grid);margin:3px 0 5px;overflow:hidden}
.meter i{display:block;height:100%;min-width:2px;background:var(--go);border-radius:3px}
.times{display:flex;flex-wrap:wrap;gap:0 12px}.times>span{color:var(--muted);white-space:nowrap}
.times span span{color:var(--ink);margin-left:4px}
@media (max-width:1000px){.tiles{grid-template-columns:repeat(auto-fit,minmax(170px,1fr))}}`;

const CARDS = `
.pair{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,7fr);gap:12px;margin:0 0 12px}
.pair:last-child{grid-template-columns:minmax(0,7fr) minmax(0,5fr)}
.stack{display:grid;gap:12px;align-content:start;min-width:0}
.card{padding:14px 16px}
.scroll{overflow:auto;max-height:300px;border:1px solid var(--grid);border-radius:8px;
background:var(--paper)}
table{border-collapse:collapse;font-size:.8125rem;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:5px 10px;text-align:left;border-bottom:1px solid var(--grid);white-space:nowrap}
thead th{position:sticky;top:0;background:var(--card);font-weight:600;z-index:1}
tbody tr:last-child>*{border-bottom:0}tbody th{font-weight:550}
details{margin-top:8px;font-size:.875rem}summary{cursor:pointer;width:fit-content}
.lines{list-style:none;margin:0;padding:0;max-height:220px;overflow:auto;font-size:.8125rem;
font-variant-numeric:tabular-nums}
.lines li{padding:4px 0;border-bottom:1px solid var(--grid);overflow-wrap:anywhere;
white-space:pre-wrap}.lines li:last-child{border:0}
@media (max-width:820px){.pair,.pair:last-child{grid-template-columns:minmax(0,1fr)}}
@media (max-width:560px){body{padding:0 12px 32px}.tiles{grid-template-columns:repeat(2,
minmax(0,1fr));gap:8px}.tile{padding:8px 10px 10px}.tile b{font-size:1.1875rem}
.card{padding:12px}}`;

const RING = `
#ring{display:block;width:100%;max-width:440px;height:auto;margin:0 auto}
#ring text{fill:var(--muted);font-size:13px;text-anchor:middle;paint-order:stroke;
stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
#ring .bucket{font-size:14px}#ring .number{fill:var(--hop);font-weight:700;font-size:15px}
#ring .orbit{fill:none;stroke:var(--grid);stroke-width:2}
#ring .arc{fill:none;stroke-width:8}#ring .even{stroke:var(--arc)}#ring .odd{stroke:var(--arc2)}
#ring .chord{fill:none}#ring .link{stroke:var(--go);stroke-opacity:.35;stroke-width:1.5}
#ring .hop{stroke:var(--hop);stroke-width:2;stroke-dasharray:5 4}
#ring .contact circle{stroke:var(--go);stroke-width:2.5;fill:var(--card)}
#ring .linked circle{fill:var(--go)}
#ring .suspect circle{stroke:var(--bad)}
#ring .suspect path{stroke:var(--bad);stroke-width:2.5}
#ring .self circle{fill:var(--card);stroke:var(--ink);stroke-width:2.5}
#ring .self .core{fill:var(--ink)}
#ring .key path{fill:var(--hop);stroke:var(--card);stroke-width:2}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.8125rem;color:var(--muted);
margin:8px 0 0;justify-content:center}
.legend span{display:inline-flex;align-items:center;gap:6px}
.legend i{width:11px;height:11px;border-radius:50%;border:2px solid var(--go);flex:none}
.legend .linked{background:var(--go)}
.legend .self{border-color:var(--ink);box-shadow:inset 0 0 0 1.5px var(--card);
background:var(--ink)}
.legend .suspect{border-color:var(--bad);background:linear-gradient(45deg,transparent 42%,
var(--bad) 42%,var(--bad) 58%,transparent 58%)}
.legend .key{border:0;border-radius:0;background:var(--hop);transform:rotate(45deg) scale(.8)}`;

const LOOKUP = `
form{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 8px}
input,button{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--axis);
border-radius:8px;padding:6px 12px;min-height:38px}
input{flex:1;min-width:150px}button{cursor:pointer;font-weight:600}
button:hover{border-color:var(--go);color:var(--link)}button:disabled{color:var(--muted)}
#key-hint{font-size:.8125rem}#outcome{font-weight:600}#outcome:empty{display:none}
#way .muted{font-size:.8125rem;overflow-wrap:anywhere}#way .scroll{margin-bottom:8px}
#hops td:last-child{min-width:110px}#hops th,#hops td{padding:5px 8px}
.track{display:block;height:6px;border-radius:3px;background:var(--grid);overflow:hidden}
.track i{display:block;height:100%;min-width:3px;background:var(--go)}
.track .open{background:repeating-linear-gradient(90deg,var(--axis) 0 3px,transparent 3px 6px)}`;
