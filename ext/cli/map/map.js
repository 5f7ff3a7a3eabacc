/* map.js - the page of `biobert map --html`: a map of papers that can be searched.
 *
 * Data, all of it text from files of literature: shown by a canvas and by textContent, never
 * as HTML; only links of http and https are opened. Options are set for a whole dataset, never
 * for a point, so that Chart.js draws 20,000 in some tens of milliseconds. */
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const byId = id => document.getElementById(id);
  const X = 0, Y = 1, TOPIC = 2, YEAR = 3, TITLE = 4, LINK = 5;
  const papers = data.papers, topics = data.topics;
  const MAX_HITS = 50, NOISE = -1;
  const lowered = papers.map(p => (p[TITLE] || '').toLowerCase());

  /* Okabe and Ito's colours first, which nobody confuses; then hues a golden angle apart. */
  const first = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#a6761d', '#7570b3'];
  const colour = t => t === NOISE ? '#8a93a3' : t < first.length ? first[t]
    : `hsl(${(t * 137.508) % 360} ${t % 2 ? 55 : 70}% ${t % 3 ? 52 : 42}%)`;

  const state = { words: [], from: -Infinity, to: Infinity, topic: null };
  const styles = () => getComputedStyle(document.documentElement);
  const radius = Math.max(1.7, Math.min(6, 110 / Math.sqrt(papers.length)));

  /* What is shown ------------------------------------------------------------------------ */

  const inYears = p => p[YEAR] === null ? state.from === -Infinity && state.to === Infinity
    : p[YEAR] >= state.from && p[YEAR] <= state.to;
  const matches = i => state.words.every(w => lowered[i].includes(w));

  /* A dataset a topic, and before them one of those that are not meant. */
  const sets = new Map();
  function dataset(topic, extra) {
    const set = Object.assign({ data: [], backgroundColor: colour(topic), borderWidth: 0, pointRadius: radius,
      pointHoverRadius: radius + 3, pointHitRadius: 3, order: 1 }, extra);
    sets.set(topic, set);
    return set;
  }
  const rest = dataset('rest', { order: 2, pointRadius: Math.max(1.2, radius * 0.7), pointHitRadius: 1 });
  const shown = [...new Set(papers.map(p => p[TOPIC]))].sort((a, b) => a - b).map(t => dataset(t));

  function select() {
    const hits = [];
    for (const set of sets.values()) set.data = [];
    papers.forEach((p, i) => {
      if (p[X] === null || !inYears(p)) return;
      const meant = (state.topic === null || p[TOPIC] === state.topic) && matches(i);
      (meant ? sets.get(p[TOPIC]) : rest).data.push({ x: p[X], y: p[Y], i });
      if (meant) hits.push(i);
    });
    const sorted = state.words.length ? hits : [];
    byId('count').textContent = hits.length === papers.length ? `${papers.length.toLocaleString()} papers`
      : `${hits.length.toLocaleString()} of ${papers.length.toLocaleString()} papers`;
    byId('hits').hidden = !state.words.length;
    byId('found').replaceChildren(...sorted.slice(0, MAX_HITS).map(item));
    chart.update('none');
  }

  const isSafe = link => typeof link === 'string' && /^https?:\/\//i.test(link);

  function item(i) {
    const li = document.createElement('li'), p = papers[i];
    const text = document.createElement(isSafe(p[LINK]) ? 'a' : 'span');
    if (isSafe(p[LINK])) Object.assign(text, { href: p[LINK], target: '_blank', rel: 'noopener noreferrer' });
    text.textContent = (p[TITLE] || 'No title') + (p[YEAR] === null ? '' : ` (${p[YEAR]})`);
    li.append(text);
    return li;
  }

  /* The chart ---------------------------------------------------------------------------- */

  function lines(text, width) {
    const out = [''];
    for (const word of text.split(/\s+/)) {
      const last = out[out.length - 1];
      if (last && last.length + word.length >= width) out.push(word); else out[out.length - 1] = last ? `${last} ${word}` : word;
    }
    return out.slice(0, 6);
  }

  const nameOf = t => (topics[t] || []).slice(1, 4).join(', ');

  /* A name lies on the paper nearest to the middle of its topic's; of two names that would
   * overlap, the larger topic's is shown. */
  const median = list => list.sort((a, b) => a - b)[list.length >> 1];
  const places = topics.map((_, t) => {
    const own = papers.filter(p => p[TOPIC] === t && p[X] !== null);
    if (!own.length) return null;
    const x = median(own.map(p => p[X])), y = median(own.map(p => p[Y]));
    const far = p => Math.hypot(p[X] - x, p[Y] - y);
    const nearest = own.reduce((best, p) => far(p) < far(best) ? p : best);
    return { x: nearest[X], y: nearest[Y] };
  });

  const labels = {
    id: 'labels',
    afterDatasetsDraw(c) {
      const ctx = c.ctx, taken = [], style = styles(), area = c.chartArea;
      ctx.save();
      ctx.font = '600 12px system-ui, sans-serif';
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      ctx.lineJoin = 'round';
      ctx.lineWidth = 4;
      ctx.strokeStyle = style.getPropertyValue('--paper');
      ctx.fillStyle = style.getPropertyValue('--ink');
      places.forEach((place, t) => {
        if (!place || (state.topic !== null && state.topic !== t)) return;
        const text = nameOf(t), wide = ctx.measureText(text).width / 2 + 4;
        const px = c.scales.x.getPixelForValue(place.x), y = c.scales.y.getPixelForValue(place.y);
        if (px < area.left || px > area.right || y < area.top || y > area.bottom) return;
        const x = Math.max(area.left + wide, Math.min(area.right - wide, px));
        if (taken.some(o => Math.abs(o.x - x) < o.wide + wide && Math.abs(o.y - y) < 16)) return;
        taken.push({ x, y, wide });
        ctx.strokeText(text, x, y);
        ctx.fillText(text, x, y);
      });
      ctx.restore();
    },
  };

  const paperAt = element => papers[chart.data.datasets[element.datasetIndex].data[element.index].i];

  const chart = new Chart(byId('map'), {
    type: 'scatter',
    data: { datasets: [...shown, rest] },
    plugins: [labels],
    options: {
      animation: false, responsive: true, maintainAspectRatio: false, normalized: true, parsing: false,
      layout: { padding: 16 },
      interaction: { mode: 'nearest', intersect: true },
      scales: { x: { type: 'linear', display: false }, y: { type: 'linear', display: false } },
      onHover: (event, active) => chart.canvas.classList.toggle('over', active.length > 0),
      onClick: (event, active) => {
        if (active.length && !moved && isSafe(paperAt(active[0])[LINK]))
          window.open(paperAt(active[0])[LINK], '_blank', 'noopener,noreferrer');
      },
      onResize: () => requestAnimationFrame(() => { frame(); chart.update('none'); }),
      plugins: {
        legend: { display: false },
        tooltip: {
          displayColors: false, filter: (one, at) => at === 0,
          callbacks: {
            title: all => lines(paperAt(all[0].element ? { datasetIndex: all[0].datasetIndex, index: all[0].dataIndex } : all[0])[TITLE] || 'No title', 52),
            label: one => {
              const p = paperAt({ datasetIndex: one.datasetIndex, index: one.dataIndex });
              return [p[YEAR], nameOf(p[TOPIC])].filter(part => part !== null && part !== '').join(' · ');
            },
          },
        },
      },
    },
  });

  /* Both axes have one scale: a unit is as long as the other's. */
  const view = { x: 0.5, y: 0.5, span: 1 };
  function frame() {
    const area = chart.chartArea || { width: 1, height: 1 };
    const shorter = Math.max(1, Math.min(area.width, area.height));
    const wide = view.span * area.width / shorter / 2, high = view.span * area.height / shorter / 2;
    Object.assign(chart.options.scales.x, { min: view.x - wide, max: view.x + wide });
    Object.assign(chart.options.scales.y, { min: view.y - high, max: view.y + high });
  }
  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; frame(); chart.update('none'); });
  }
  const bounded = span => Math.max(0.005, Math.min(1.5, span));

  /* Closer or farther, with the place under the pointer where it is. */
  function zoom(factor, place) {
    const span = bounded(view.span * factor), part = span / view.span;
    view.x = place.x + (view.x - place.x) * part;
    view.y = place.y + (view.y - place.y) * part;
    view.span = span;
    redraw();
  }
  const placeOf = e => {
    const box = chart.canvas.getBoundingClientRect();
    return { x: chart.scales.x.getValueForPixel(e.clientX - box.left), y: chart.scales.y.getValueForPixel(e.clientY - box.top) };
  };
  chart.canvas.addEventListener('wheel', e => {
    e.preventDefault();
    zoom(Math.exp(Math.max(-200, Math.min(200, e.deltaY)) / 400), placeOf(e));
  }, { passive: false });

  let grip = null, moved = false;
  chart.canvas.addEventListener('pointerdown', e => { grip = { x: e.clientX, y: e.clientY }; moved = false; });
  window.addEventListener('pointermove', e => {
    if (!grip) return;
    const dx = e.clientX - grip.x, dy = e.clientY - grip.y;
    if (!moved && Math.hypot(dx, dy) < 4) return;
    moved = true;
    chart.canvas.classList.add('dragging');
    const unit = view.span / Math.min(chart.chartArea.width, chart.chartArea.height);
    view.x -= dx * unit;
    view.y += dy * unit;
    grip = { x: e.clientX, y: e.clientY };
    redraw();
  });
  window.addEventListener('pointerup', () => { grip = null; chart.canvas.classList.remove('dragging'); });
  byId('in').onclick = () => zoom(1 / 1.5, view);
  byId('out').onclick = () => zoom(1.5, view);
  byId('all').onclick = () => { Object.assign(view, { x: 0.5, y: 0.5, span: 1.04 }); redraw(); };

  /* Beside the map ----------------------------------------------------------------------- */

  topics.forEach((topic, t) => {
    const li = document.createElement('li'), button = document.createElement('button');
    const part = (name, text) => {
      const span = document.createElement('span');
      span.className = name;
      span.textContent = text;
      button.append(span);
      return span;
    };
    part('dot', '').style.background = colour(t);
    part('words', topic.slice(1).join(', '));
    part('size', topic[0].toLocaleString());
    button.setAttribute('aria-pressed', 'true');
    button.onclick = () => {
      state.topic = state.topic === t ? null : t;
      byId('topics').querySelectorAll('button').forEach((other, at) =>
        other.setAttribute('aria-pressed', String(state.topic === null || state.topic === at)));
      select();
    };
    li.append(button);
    byId('topics').append(li);
  });
  byId('legend').hidden = !topics.length;

  let typing = 0;
  byId('search').addEventListener('input', e => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      state.words = e.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      select();
    }, 80);
  });

  const years = papers.map(p => p[YEAR]).filter(y => y !== null);
  if (years.length) {
    const least = years.reduce((a, b) => Math.min(a, b)), most = years.reduce((a, b) => Math.max(a, b));
    const from = byId('from'), to = byId('to');
    const read = () => {
      const a = Number(from.value), b = Number(to.value), all = Math.min(a, b) === least && Math.max(a, b) === most;
      state.from = all ? -Infinity : Math.min(a, b);
      state.to = all ? Infinity : Math.max(a, b);
      byId('years').textContent = `Years ${Math.min(a, b)} to ${Math.max(a, b)}`;
    };
    for (const slider of [from, to]) {
      Object.assign(slider, { min: least, max: most, step: 1 });
      slider.addEventListener('input', () => { read(); select(); });
    }
    from.value = least;
    to.value = most;
    read();
    let timer = 0;
    byId('play').onclick = () => {
      const stop = () => { clearInterval(timer); timer = 0; byId('play').textContent = '▶'; };
      if (timer) return stop();
      byId('play').textContent = '⏸';
      if (Number(to.value) >= most) to.value = Number(from.value);
      timer = setInterval(() => {
        if (Number(to.value) >= most) return stop();
        to.value = Number(to.value) + 1;
        read();
        select();
      }, 400);
    };
    byId('time').hidden = least === most;
  }

  function colours() {
    const style = styles();
    rest.backgroundColor = style.getPropertyValue('--line').trim();
    Object.assign(chart.options.plugins.tooltip, { backgroundColor: style.getPropertyValue('--panel').trim(), titleColor: style.getPropertyValue('--ink').trim(),
      bodyColor: style.getPropertyValue('--faint').trim(), borderColor: style.getPropertyValue('--line').trim(), borderWidth: 1 });
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { colours(); redraw(); });
  colours();
  view.span = 1.04;
  frame();
  select();
  /* For tests, and for who opens the console. */
  window.biobertMap = { chart, papers, view };
})();
