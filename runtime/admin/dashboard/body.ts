/**
 * What stands on the dashboard before the node has said anything: headings, empty tables, the form.
 * Invariant: constant text, without a handler or a style of its own; the script fills it by ids.
 */

const TILES = `<dl class="tiles">
${rateTile('reads', 'Reads of clients')}
${rateTile('writes', 'Writes of clients')}
<div class="tile"><dt>Stored here</dt><dd><b id="keys">–</b>
<small id="keys-of">&nbsp;</small><span class="meter"><i id="keys-bar"></i></span>
<small id="bytes-of">&nbsp;</small><span class="meter"><i id="bytes-bar"></i></span></dd></div>
<div class="tile"><dt>Repair</dt><dd><b id="repair">–</b>
<small id="fellows">&nbsp;</small><small id="published">&nbsp;</small></dd></div>
<div class="tile"><dt>Leader</dt><dd><b id="leader">–</b>
<small id="leader-at">&nbsp;</small>
<small id="role">&nbsp;</small><small id="term">&nbsp;</small></dd></div>
<div class="tile"><dt>Going on now</dt><dd><b id="operations">–</b>
<small id="calls">&nbsp;</small><small id="clients">&nbsp;</small></dd></div>
</dl>`;

const RING = `<section class="card" aria-labelledby="ring-title">
<h2 id="ring-title">The ring</h2>
<svg id="ring" viewBox="12 12 496 496" role="img" aria-label="No contacts yet"></svg>
<p class="legend"><span><i class="self"></i>this node</span><span><i class="linked"></i>contact with
a link</span><span><i class="known"></i>contact</span><span><i class="suspect"></i>suspect: missed a
call</span><span><i class="key"></i>key looked up</span></p>
<details><summary>Contacts as a table</summary>
${table('contacts', 'Contacts of this node', ['Contact', 'Name', 'Bucket', 'State'])}
</details>
</section>`;

const HOPS = ['No.', 'Asked', 'Named by', 'Bits', 'Question', 'Answer', 'Time'];

const LOOKUP = `<section class="card" aria-labelledby="lookup-title">
<h2 id="lookup-title">Look a key up</h2>
<form id="lookup">
<label for="key">Key</label>
<input id="key" name="key" autocomplete="off" spellcheck="false" maxlength="2000" required
aria-describedby="key-hint">
<button id="go">Look up</button>
</form>
<p id="key-hint" class="muted">Text, hashed as <code>orrery get</code> does it, or the 64 hex digits
of a key. This node then asks as it would for any client.</p>
<p id="outcome" role="status"></p>
<div id="way" hidden>
<p id="record" class="muted"></p>
${table('hops', 'Whom this node asked', HOPS)}
<p class="muted">Bits: how many leading bits its position shares with the key’s. In the ring the
numbers stand at those that were asked.</p>
</div>
</section>`;

const LINK = ['Peer', 'Name', 'Dialled by', 'Round trip', 'Waiting', 'Up for'];

const LINKS = `<section class="card" aria-labelledby="links-title">
<h2 id="links-title">Links</h2>
${table('links', 'Links that are up', LINK)}
</section>`;

const BUCKETS = `<section class="card" aria-labelledby="buckets-title">
<h2 id="buckets-title">Contacts by bucket</h2>
${table('buckets', 'Contacts by bucket', ['Bucket', 'Part of all ids', 'Contacts', 'Suspects'])}
</section>`;

const CHANGES = `<section class="card" aria-labelledby="changes-title">
<h2 id="changes-title">What changed</h2>
<p id="no-changes" class="muted">Nothing since this page was opened.</p>
<ol id="changes" class="lines"></ol>
</section>`;

const WARNINGS = `<section class="card" aria-labelledby="warnings-title">
<h2 id="warnings-title">Recent warnings</h2>
<p id="no-warnings" class="muted">None.</p>
<ol id="warnings" class="lines"></ol>
</section>`;

export const BODY = `<a class="skip" href="#main">Skip to the node</a>
<header>
<div class="top">
<p class="kind">Orrery node</p>
<p class="live"><span id="state" role="status" data-state="wait">connecting</span>
<span id="since"></span></p>
</div>
<h1 id="name">&nbsp;</h1>
<p id="facts" class="facts">&nbsp;</p>
<p class="facts">Node id <code id="id">&nbsp;</code></p>
<nav id="cluster" aria-label="Nodes of this cluster" hidden></nav>
</header>
<main id="main">
${TILES}
<div class="pair">
${RING}
<div class="stack">
${LOOKUP}
${CHANGES}
</div>
</div>
<div class="pair">
${LINKS}
<div class="stack">
${BUCKETS}
${WARNINGS}
</div>
</div>
</main>`;

function rateTile(id: string, title: string): string {
  const times = ['p50', 'p95', 'p99'].map(
    (part) => `<span>${part}<span id="${id}-${part}">–</span></span>`,
  );
  return `<div class="tile"><dt>${title}</dt><dd><b id="${id}-rate">–</b>
<svg id="${id}-spark" class="spark" viewBox="0 0 180 32" preserveAspectRatio="none" role="img"
aria-label="no operations"></svg><small class="times">${times.join('')}</small>
<small id="${id}-sum">&nbsp;</small></dd></div>`;
}

function table(id: string, caption: string, columns: readonly string[]): string {
  const head = columns.map((column) => `<th scope="col">${column}</th>`).join('');
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>` +
    `<caption class="unseen">${caption}</caption><thead><tr>${head}</tr></thead>` +
    `<tbody id="${id}"></tbody></table></div>`
  );
}
