'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($('data').textContent);
  const tip = $('tip');
  const ns = 'http://www.w3.org/2000/svg';
  for (const e of document.querySelectorAll('.needs-script')) e.hidden = false;

  // Everything that the record says reaches the page as text, never as markup.
  const make = (name, attrs, text) => {
    const e = document.createElementNS(ns, name);
    for (const k in attrs) e.setAttribute(k, attrs[k]);
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const clip = (s, n) => { const r = Array.from(s); return r.length <= n ? s : r.slice(0, n - 3).join('') + '...'; };
  const ms = (us) => (us / 1e6).toFixed(3) + ' s';

  // Tips: one box for what a drawing's parts say of themselves.
  let byKey = false;
  const say = (text, x, y, key) => {
    byKey = !!key;
    if (tip.textContent !== text) tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - box.width - 8)) + 'px';
    tip.style.top = (y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 18) + 'px';
  };
  const hush = () => { tip.hidden = true; };
  const take = (root) => {
    for (const t of root.querySelectorAll('title')) {
      t.parentNode.dataset.tip = t.textContent;
      t.remove();
    }
  };
  const plots = new Map(data.plots.map((p) => [p.chart, p.points]));
  const place = (svg, p) => {
    const m = svg.getScreenCTM();
    return [p.x * m.a + m.e, p.y * m.d + m.f];
  };
  const mark = (svg, p) => {
    let hit = svg.querySelector('.hit');
    if (!p) { if (hit) hit.remove(); return; }
    if (!hit) svg.append(hit = make('circle', { r: 6, class: 'hit' }));
    hit.setAttribute('cx', p.x); hit.setAttribute('cy', p.y);
  };
  const nearest = (svg, points, event) => {
    const m = svg.getScreenCTM();
    const x = (event.clientX - m.e) / m.a, y = (event.clientY - m.f) / m.d;
    let best = null, least = 14 * 14;
    for (const p of points) {
      const d = (p.x - x) ** 2 + (p.y - y) ** 2;
      if (d < least) { least = d; best = p; }
    }
    return best;
  };
  for (const svg of document.querySelectorAll('svg.chart')) {
    take(svg);
    const points = plots.get(svg.id);
    svg.addEventListener('pointermove', (event) => {
      const p = points && nearest(svg, points, event);
      if (points) mark(svg, p);
      if (p) return say(p.text, event.clientX, event.clientY);
      const e = event.target.closest('[data-tip]');
      if (e) say(e.dataset.tip, event.clientX, event.clientY); else hush();
    });
    svg.addEventListener('pointerleave', () => { hush(); if (points) mark(svg, null); });
    // The arrow keys go from part to part, and tell each.
    let at = -1;
    svg.setAttribute('tabindex', '0');
    svg.addEventListener('blur', () => { hush(); if (points) mark(svg, null); at = -1; });
    svg.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (event.key === 'Escape') return hush();
      if (!step) return;
      event.preventDefault();
      const parts = points || [...svg.querySelectorAll('[data-tip]')].filter((e) => e.getClientRects().length);
      if (!parts.length) return;
      at = Math.max(0, Math.min(parts.length - 1, at + step));
      if (points) {
        mark(svg, parts[at]);
        say(parts[at].text, ...place(svg, parts[at]), true);
      } else {
        const box = parts[at].getBoundingClientRect();
        say(parts[at].dataset.tip, box.x + box.width / 2, box.y + box.height / 2, true);
      }
    });
  }
  addEventListener('scroll', () => { if (!byKey) hush(); }, { passive: true });

  // The theme is the reader's, until the button says otherwise.
  const theme = $('theme'), dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : dark.matches;
  const nameTheme = () => { theme.textContent = isDark() ? 'Light' : 'Dark'; };
  theme.addEventListener('click', () => { document.documentElement.dataset.theme = isDark() ? 'light' : 'dark'; nameTheme(); });
  dark.addEventListener('change', nameTheme);
  nameTheme();

  diagram(data.diagram);
  tree(data.tree, data.treeAt);

  // The Lamport diagram, drawn as the page's own, for any window.
  function diagram(d) {
    const svg = $('lamport');
    if (!d || !svg) return;
    const left = 62, right = 986, top = 30, row = 22;
    const [FROM, TO, SENT, ENDED, FATE, KIND, BYTES, SPANS] = [0, 1, 2, 3, 4, 5, 6, 7];
    const fates = ['under way', 'received', 'lost'];
    const numbers = new Map();
    for (const v in d.values) if (!numbers.has(d.values[v])) numbers.set(d.values[v], +v);
    let from = d.windows[0].from, to = d.windows[0].to, follow = d.windows[0].follow, only = false, quiet = false;

    const carries = (m, v) => {
      for (let i = 0; i < m[SPANS].length; i += 2) if (m[SPANS][i] <= v && v <= m[SPANS][i + 1]) return true;
      return false;
    };
    const list = (m) => {
      let text = '';
      for (let i = 0; i < m[SPANS].length; i += 2) {
        for (let v = m[SPANS][i]; v <= m[SPANS][i + 1]; v++) {
          if (text.length > 160) return text + '...';
          text += (text ? ', ' : '') + (v in d.values ? clip(d.values[v], 40) : '#' + v);
        }
      }
      return text;
    };
    const name = (end) => typeof end === 'string' ? end : d.nodes[end];
    const describe = (m) => {
      let text = `${name(m[FROM])} to ${name(m[TO])}, sent ${ms(m[SENT])}, ${fates[m[FATE]]} ${ms(m[ENDED])}; ${d.kinds[m[KIND]]}, ${m[BYTES]} B`;
      if (m[SPANS].length) text += '; values ' + clip(list(m), 120);
      return text;
    };
    const y = (i) => top + i * row + row / 2;
    const height = top + d.nodes.length * row + 26;
    const steps = [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 3e7, 6e7];

    function draw() {
      const x = (us) => left + (us - from) / (to - from) * (right - left);
      svg.replaceChildren();
      const step = steps.find((s) => (to - from) / s <= 10) || 6e7;
      for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
        svg.append(make('line', { x1: x(t), x2: x(t), y1: top, y2: height - 26, class: 'grid' }));
        svg.append(make('text', { x: x(t), y: height - 8, class: 'tick mid' }, (t / 1e6).toFixed(Math.max(0, Math.ceil(6 - Math.log10(step)))) + ' s'));
      }
      const bar = (a, b, y, h, cls, text) => {
        const x1 = Math.max(left, x(a)), x2 = Math.min(right, x(b));
        if (x1 >= x2) return;
        const e = make('rect', { x: x1, width: x2 - x1, y, height: h, class: cls });
        e.dataset.tip = text;
        svg.append(e);
      };
      for (const [cls, a, b, text] of d.faults || []) bar(a, b, top, height - 26 - top, 'fault ' + cls, `${text} from ${ms(a)} to ${ms(b)}`);
      d.nodes.forEach((n, i) => {
        svg.append(make('text', { x: left - 8, y: y(i) + 4, class: 'tick end' }, clip(n, 9)));
        svg.append(make('line', { x1: left, x2: right, y1: y(i), y2: y(i), class: 'life' }));
      });
      for (const [i, kind, a, b] of d.downs || []) bar(a, b, y(i) - 4, 8, 'down ' + kind, `${d.nodes[i]}: ${kind} from ${ms(a)} to ${ms(b)}`);
      const group = make('g', { class: 'messages' + (follow >= 0 ? ' following' : '') });
      const known = new Map();
      let lines = 0, more = 0, carrying = 0;
      for (const m of d.messages) {
        const on = follow >= 0 && carries(m, follow);
        if (on && m[FATE] === 1 && !(known.get(m[TO]) <= m[ENDED])) known.set(m[TO], m[ENDED]);
        if (m[SENT] > to || (m[FATE] && m[ENDED] < from)) continue;
        if (on) carrying++;
        if (++lines > d.maxLines && !on) { more++; continue; }
        const part = stroke(m, on, x);
        if (part) group.append(part);
      }
      quiet = follow >= 0 && lines > d.quiet;
      group.classList.toggle('only', follow >= 0 && only !== quiet);
      $('only').textContent = quiet ? 'All messages' : 'Only its messages';
      svg.append(group);
      for (const [n, at] of known) {
        if (at <= to) svg.append(make('line', { x1: Math.max(left, x(at)), x2: right, y1: y(n), y2: y(n), class: 'knows' }));
      }
      let text = `${ms(from)} to ${ms(to)}: ${lines} messages`;
      if (quiet !== only && follow >= 0) text += `, of which ${carrying} are drawn`;
      else if (more) text += `, ${more} of them not drawn`;
      if (follow >= 0) text += `; value ${clip(d.values[follow] || '#' + follow, 60)} is carried by ${carrying}, and known to ${[...known.values()].filter((at) => at <= to).length} of the ${d.nodes.length} nodes shown by the end`;
      $('filter-says').hidden = true;
      svg.setAttribute('aria-label', 'Lamport diagram. ' + text);
      svg.closest('figure').querySelector('figcaption').textContent = text + '.';
    }

    function stroke(m, on, x) {
      let cls = 'msg ' + d.kinds[m[KIND]] + (on ? ' on' : '');
      let x1 = x(m[SENT]), x2 = m[FATE] ? x(m[ENDED]) : right;
      if (typeof m[FROM] === 'string') {
        if (x2 < left || x2 > right) return null;
        return tipped({ d: `M${x2} ${y(m[TO]) - 5}l5 5l-5 5l-5 -5z`, class: cls + ' client' }, m);
      }
      let y1 = y(m[FROM]), y2 = y(m[TO]), whole = true;
      if (x1 < left && x2 > x1) { y1 += (y2 - y1) * (left - x1) / (x2 - x1); x1 = left; }
      if (x2 > right && x2 > x1) { y2 = y1 + (y2 - y1) * (right - x1) / (x2 - x1); x2 = right; whole = false; }
      let path = `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
      if (m[FATE] === 2) {
        path = `M${x1.toFixed(1)} ${y1.toFixed(1)}L${((x1 + x2) / 2).toFixed(1)} ${((y1 + y2) / 2).toFixed(1)}m-4 -4l8 8m0 -8l-8 8`;
        cls += ' lost';
      } else if (m[FATE] === 0) cls += ' underway';
      else if (whole) path += 'm-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0';
      return tipped({ d: path, class: cls }, m);
    }
    function tipped(attrs, m) {
      const e = make('path', attrs);
      e.dataset.tip = describe(m);
      return e;
    }

    const slider = $('from'), length = $('length'), choice = $('window'), input = $('value');
    const set = (a, b) => {
      from = Math.max(0, Math.round(a)); to = Math.max(from + 1000, Math.round(b));
      slider.value = Math.round(from / Math.max(1, d.end) * 1000);
      length.querySelectorAll('.own').forEach((o) => o.remove());
      if (![...length.options].some((o) => +o.value === to - from)) {
        const o = new Option(((to - from) / 1e6).toFixed(2) + ' s', to - from);
        o.className = 'own';
        length.add(o);
      }
      length.value = to - from;
    };
    const chase = (v) => { follow = v; input.value = v >= 0 ? d.values[v] || '' : ''; };
    d.windows.forEach((w, i) => choice.add(new Option(w.title, i)));
    const open = (i) => { const w = d.windows[i]; choice.value = i; set(w.from, w.to); chase(w.follow); draw(); };
    choice.addEventListener('change', () => open(+choice.value));
    slider.addEventListener('input', () => { const at = slider.value / 1000 * d.end; set(at, at + (to - from)); draw(); });
    length.addEventListener('change', () => { set(from, from + +length.value); draw(); });
    input.addEventListener('change', () => {
      const text = input.value.trim();
      if (!text) { follow = -1; return draw(); }
      const v = numbers.has(text) ? numbers.get(text) : numbers.get(JSON.stringify(text));
      if (v === undefined) { $('filter-says').hidden = false; $('filter-says').textContent = `No value ${text} is in this page.`; return; }
      follow = v;
      const ends = d.messages.filter((m) => carries(m, v));
      if (ends.length) { const a = ends[0][SENT], b = Math.max(a, ...firsts(ends)); set(a - (b - a) / 20 - 5000, b + (b - a) / 20 + 5000); }
      draw();
    });
    // firsts are the times at which each node was first handed what the messages carry.
    function firsts(list) {
      const at = new Map();
      for (const m of list) if (m[FATE] === 1 && !(at.get(m[TO]) <= m[ENDED])) at.set(m[TO], m[ENDED]);
      return at.values();
    }
    $('clear').addEventListener('click', () => { chase(-1); draw(); });
    $('only').addEventListener('click', () => { only = !only; $('only').setAttribute('aria-pressed', only); draw(); });
    $('controls').addEventListener('submit', (event) => event.preventDefault());
    for (const link of document.querySelectorAll('[data-window]')) link.addEventListener('click', () => open(+link.dataset.window));
    let listed = 0;
    for (const text of numbers.keys()) {
      if (listed++ === 500) break;
      const o = document.createElement('option');
      o.value = text;
      $('values').append(o);
    }
    open(0);
  }

  // The tree's links at a moment.
  function tree(t, at) {
    const links = $('tree-links');
    if (!t || !links) return;
    const names = { '.': 'idle', a: 'active', s: 'suspected', x: 'cut' };
    const moment = $('moment'), nodes = $('tree-nodes');
    const ups = { '.': 'up', k: 'killed', p: 'paused' };
    const show = (i) => {
      const frame = t.frames[i];
      [...links.children].forEach((e, j) => e.setAttribute('class', 'link ' + names[frame.states[j]] + (e.classList.contains('chord') ? ' chord' : '')));
      moment.value = i;
      moment.setAttribute('aria-valuetext', frame.text);
      [...nodes.children].forEach((e, j) => e.setAttribute('class', 'node ' + ups[frame.nodes[j]] + (j ? '' : ' root')));
      $('tree-drawing').setAttribute('aria-label', 'The tree. ' + frame.text);
      $('tree-drawing').closest('figure').querySelector('figcaption').textContent = frame.text + '.';
    };
    moment.addEventListener('input', () => show(+moment.value));
    $('moments').addEventListener('submit', (event) => event.preventDefault());
    const strip = $('link-states');
    strip.addEventListener('click', (event) => {
      const m = strip.getScreenCTM(), x = (event.clientX - m.e) / m.a;
      const i = Math.floor((x - 62) / (986 - 62) * t.frames.length);
      if (i >= 0 && i < t.frames.length) show(i);
    });
    show(at);
  }
})();
