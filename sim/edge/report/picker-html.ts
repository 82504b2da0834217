/**
 * The part of the page in which a reader picks a lookup: controls, and places that the page's
 * script fills. Without scripts it says so.
 */

import { whole } from './format.ts';
import type { SampledLookup } from './lookup-sample.ts';

export function pickerHtml(sampled: readonly SampledLookup[], total: number): string {
  const failures = sampled.filter(({ succeeded }) => !succeeded).length;
  const kept =
    sampled.length === total
      ? `All ${whole(total)} lookups are here.`
      : `${whole(sampled.length)} of ${whole(total)} lookups are here: failures, the slowest, ` +
        'and others evenly spread; lookups.csv.gz has them all.';
  const button = (go: string, name: string, key: string): string =>
    `<button type="button" data-go="${go}">${name}<kbd aria-hidden="true">${key}</kbd></button>`;
  return `<p>Each step to the right halves what is left of the key space: a node in column c shares
exactly c leading bits with the target. Of all nodes half are in column 0, a quarter in column 1,
and so on, until about one is left. ${kept}</p>
<div id="picker" tabindex="0" role="group" aria-label="Pick a lookup: left and right arrow keys">
<div class="bar">
${button('previous', 'Previous', '←')}
${button('next', 'Next', '→')}
${button('slowest', 'Slowest', 's')}
${failures > 0 ? button('failed', 'Next failure', 'f') : ''}
${button('random', 'Random', 'r')}
<label>Number <input type="number" min="0" step="1" inputmode="numeric"></label>
</div>
<p class="said" data-part="facts" role="status"></p>
<p class="said muted" data-part="note"></p>
<div data-part="drawing"></div>
<div class="scroll tall" tabindex="0" role="group" aria-label="The path in bits"><table>
<thead><tr><th scope="col">step</th><th scope="col">node</th><th scope="col">first bits</th>
<th scope="col">shared</th><th scope="col">nodes that share as many</th></tr></thead>
<tbody data-part="bits"></tbody></table></div>
</div>
<noscript><p>This part needs the script of the page; it loads nothing.</p></noscript>`;
}
