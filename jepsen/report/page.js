'use strict';
// The page of one history. All text of the history reaches the document through textContent or the
// canvas, never as markup.
const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const make = (tag, text, cls) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (cls) node.className = cls;
  return node;
};

// --- The operations ---------------------------------------------------------------------------
const ops = data.operations.map((row, i) => ({
  i, process: row[0], f: row[1], input: row[2], output: row[3], outcome: row[4],
  from: row[5], to: row[6] < 0 ? data.events : row[6], ended: row[6] >= 0,
  fromTime: row[7], toTime: row[8], line: row[9], key: row[10], lane: 0,
}));
for (const op of ops) {
  op.text = op.f + (op.input === 'nil' ? '' : ' ' + op.input) +
      (op.outcome === 'ok' && op.output !== op.input && op.output !== 'nil' ? ' \u2192 ' + op.output : '') +
      (op.outcome === 'ok' ? '' : ' \u2192 ' + op.outcome);
  op.all = ('process ' + op.process + ' ' + op.text + ' key ' + op.key + ' line ' + op.line).toLowerCase();
}
const eventTimes = new Float64Array(data.events + 1);
for (const op of ops) {
  eventTimes[op.from] = op.fromTime;
  if (op.ended) eventTimes[op.to] = op.toTime;
}
let latest = 0;
for (let i = 0; i < data.events; ++i) eventTimes[i] = latest = Math.max(latest, eventTimes[i]);
eventTimes[data.events] = latest;
const hasTimes = latest > eventTimes[0];
const inAnomaly = new Map();  // Operation -> name.
for (const anomaly of data.anomalies) {
  for (const i of anomaly.operations) if (!inAnomaly.has(i)) inAnomaly.set(i, anomaly.name);
  for (const edge of anomaly.edges) for (const i of [edge[0], edge[1]]) if (!inAnomaly.has(i)) inAnomaly.set(i, anomaly.name);
}
const points = new Map();  // Operation -> {at, state, before, number, part}.
const stuck = new Map();   // Operation -> {why, illegal, before, part}.
data.parts.forEach((part, p) => {
  let state = part.initial;
  part.points.forEach((point, n) => {
    points.set(point[0], { at: point[1], before: state, state: point[2], number: n + 1, part: p });
    state = point[2];
  });
  part.last = state;
  for (const s of part.stuck) stuck.set(s[0], { why: s[1], illegal: s[2], before: state, part: p });
});

// --- What is shown ----------------------------------------------------------------------------
let byTime = false;      // The axis: events (their order is what counts) or time.
let shown = ops;         // Of the selected object, in order of invoke.
let part = -1;           // -1: all.
let lanes = [];          // Labels.
let selected = -1;
let hits = [], hit = -1;
let x0 = 0, x1 = 1;      // The window on the axis.
const colours = ['#5b8fd6', '#5aa782', '#8d7cc9', '#4aa3b5', '#b08a5a', '#7a8fa6', '#c284b0', '#86a14e'];
const colourOf = new Map();
for (const op of ops) if (!colourOf.has(op.f)) colourOf.set(op.f, colours[colourOf.size % colours.length]);

const X = (event) => {
  if (!byTime) return event;
  const floor = Math.min(Math.floor(event), data.events);
  const next = Math.min(floor + 1, data.events);
  return eventTimes[floor] + (eventTimes[next] - eventTimes[floor]) * (event - floor);
};
const end = () => Math.max(X(data.events), X(0) + 1);
const start = () => X(0);
// A crashed operation may still happen: its bar goes on for a while, fading.
const tail = (op) => op.outcome === 'info' ? (x1 - x0) * 0.02 + (end() - start()) * 0.004 : 0;

// Processes that follow each other share a lane: a crashed one is replaced by another.
function layLanes() {
  const last = new Map();
  for (const op of shown) last.set(op.process, Math.max(last.get(op.process) || 0, op.ended ? op.to : op.from + 1));
  const laneOf = new Map(), freeFrom = [];
  lanes = [];
  for (const op of shown) {
    if (!laneOf.has(op.process)) {
      let lane = freeFrom.findIndex((free) => free < op.from);
      if (lane < 0) { lane = freeFrom.length; freeFrom.push(0); lanes.push([]); }
      laneOf.set(op.process, lane);
      freeFrom[lane] = last.get(op.process);
      lanes[lane].push(op.process);
    }
    op.lane = laneOf.get(op.process);
  }
  const sorted = lanes.map((_, i) => i).sort((a, b) => lanes[a][0] - lanes[b][0]), to = [];
  sorted.forEach((old, now) => { to[old] = now; });
  lanes = sorted.map((old) => lanes[old]);
  for (const op of shown) op.lane = to[op.lane];
}

// --- Drawing ----------------------------------------------------------------------------------
const chart = $('chart'), mini = $('mini'), left = 74, top_ = 40;
const rowHeight = () => lanes.length > 60 ? 18 : 26;
let width = 0, height = 0, scale = 1, asked = false;
const px = (x) => left + (x - x0) / (x1 - x0) * (width - left);
const toX = (pixel) => x0 + (pixel - left) / (width - left) * (x1 - x0);
function draw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; drawChart(); drawMini(); });
}
function size(canvas, w, h) {
  scale = window.devicePixelRatio || 1;
  canvas.style.width = w + 'px'; canvas.style.height = h + 'px';
  canvas.width = Math.round(w * scale); canvas.height = Math.round(h * scale);
  const g = canvas.getContext('2d');
  g.setTransform(scale, 0, 0, scale, 0, 0);
  return g;
}
function ticks(g) {
  const raw = (x1 - x0) / Math.max(2, (width - left) / 110);
  let step = Math.pow(10, Math.floor(Math.log10(raw)));
  if (raw / step > 5) step *= 10; else if (raw / step > 2) step *= 5; else if (raw / step > 1) step *= 2;
  if (!byTime) step = Math.max(1, step);
  g.font = '11px system-ui, sans-serif';
  for (let t = Math.ceil(x0 / step) * step; t <= x1; t += step) {
    const x = px(t);
    if (x < left) continue;
    g.fillStyle = '#eef1f4'; g.fillRect(x, top_, 1, height);
    g.fillStyle = '#66707d'; g.fillText(byTime ? duration(t - start(), step) : 'event ' + t, x + 3, top_ - 6);
  }
}
function duration(ns, step) {
  if (step >= 1e8) return (ns / 1e9).toFixed(step >= 1e9 ? 0 : 1) + ' s';
  if (step >= 1e5) return (ns / 1e6).toFixed(step >= 1e6 ? 0 : 1) + ' ms';
  return (ns / 1e3).toFixed(step >= 1e3 ? 0 : 2) + ' \u00b5s';
}
function barOf(op) {
  const from = px(X(op.from)), to = px(X(op.to === data.events && op.outcome === 'info' ? Math.min(op.to, op.from + 1) : op.to) + tail(op));
  return { x: from, w: Math.max(to - from, 1.5), y: top_ + 6 + op.lane * rowHeight() - $('scroll').scrollTop, h: rowHeight() - 6 };
}
let drawn = [];  // Per lane, where the last bar began.
function drawBar(g, op) {
  const b = barOf(op);
  if (b.x > width || b.x + b.w < left || b.y > height || b.y + b.h < top_) return;
  const s = stuck.get(op.i);
  const wrong = (s && s.illegal) || inAnomaly.has(op.i);
  // Far out, many bars share a pixel: one of them is enough.
  if (b.w < 2 && !wrong && !op.hit && b.x < (drawn[op.lane] || 0) + 0.7) return;
  drawn[op.lane] = b.x;
  g.globalAlpha = hits.length && !op.hit && !wrong ? 0.28 : 1;
  let fill = op.outcome === 'fail' ? '#d5dae0' : colourOf.get(op.f);
  if (op.outcome === 'info' && b.w > 6) {
    fill = g.createLinearGradient(b.x, 0, b.x + b.w, 0);
    fill.addColorStop(0, '#e2a03f'); fill.addColorStop(1, '#e2a03f22');
  } else if (op.outcome === 'info') fill = '#e2a03f';
  if (wrong) fill = '#d64545';
  g.fillStyle = fill;
  if (b.w > 8) { g.beginPath(); g.roundRect(b.x, b.y, b.w, b.h, 4); g.fill(); } else g.fillRect(b.x, b.y, b.w, b.h);
  if ((s && !s.illegal && b.w > 3) || op.hit || op.i === selected) {
    g.lineWidth = op.i === selected ? 2.5 : 1.8;
    g.strokeStyle = op.i === selected ? '#1d2530' : op.hit ? '#0b57d0' : '#c46a00';
    g.strokeRect(b.x, b.y, b.w, b.h);
  }
  if (b.w > 34) {
    g.save(); g.beginPath(); g.rect(Math.max(b.x, left) + 3, b.y, b.w - 6, b.h); g.clip();
    g.fillStyle = op.outcome === 'ok' || wrong ? '#fff' : '#333'; g.font = '12px system-ui, sans-serif';
    g.fillText(op.text.slice(0, 120), Math.max(b.x, left) + 6, b.y + b.h / 2 + 4);
    g.restore();
  }
  g.globalAlpha = 1;
}
function drawPoints(g) {
  const which = part >= 0 ? [part] : data.parts.length === 1 ? [0] : [];
  g.lineWidth = 1;
  for (const p of which) {
    const list = data.parts[p].points;
    const spread = (width - left) / (x1 - x0) * (byTime ? (end() - start()) / data.events : 1);
    let previous = null, stateEnd = 0;
    if (spread < 1.5) continue;  // Too dense to be told apart: zoom in.
    for (let n = 0; n < list.length; ++n) {
      const x = px(X(list[n][1]));
      if (x < left - 400) continue;
      const op = ops[list[n][0]], b = barOf(op), y = b.y + b.h / 2;
      if (previous && spread > 4) {
        g.strokeStyle = '#1d253055'; g.beginPath(); g.moveTo(previous[0], previous[1]); g.lineTo(x, y); g.stroke();
      }
      if (previous && previous[0] > width) break;
      previous = [x, y];
      if (op.outcome === 'info' && x > b.x + b.w) {  // It took effect long after its client gave up.
        g.strokeStyle = '#e2a03f'; g.setLineDash([3, 3]); g.beginPath(); g.moveTo(b.x + b.w, y); g.lineTo(x, y); g.stroke(); g.setLineDash([]);
      }
      if (x < left) continue;
      g.fillStyle = '#1d2530'; g.fillRect(x - 1, b.y - 2, 2, b.h + 4);
      if (spread > 5) {
        g.beginPath(); g.arc(x, y, 3.6, 0, 7); g.fillStyle = '#fff'; g.fill(); g.strokeStyle = '#1d2530'; g.lineWidth = 1.6; g.stroke(); g.lineWidth = 1;
      }
      const changed = n === 0 ? list[n][2] !== data.parts[p].initial : list[n][2] !== list[n - 1][2];
      if (changed && x > stateEnd) {
        g.font = '11px system-ui, sans-serif'; g.fillStyle = '#333a44';
        const label = list[n][2].length > 34 ? list[n][2].slice(0, 33) + '\u2026' : list[n][2];
        g.fillText(label, x + 2, 24); g.fillStyle = '#c9d0d8'; g.fillRect(x, 14, 1, 12);
        stateEnd = x + g.measureText(label).width + 12;
      }
    }
  }
}
function drawNotes(g) {
  let labelEnd = 0;
  for (const note of data.notes) {
    const x = px(X(note[0]));
    if (x < left || x > width) continue;
    g.fillStyle = '#9c27b066'; g.fillRect(x, 0, 1.5, height);
    if (x < labelEnd) continue;
    g.fillStyle = '#7b1fa2'; g.font = '11px system-ui, sans-serif';
    const label = (note[1] + ': ' + note[2]).slice(0, 60);
    g.fillText(label, x + 4, 11); labelEnd = x + g.measureText(label).width + 16;
  }
}
function drawIllegal(g) {
  for (const [i, s] of stuck) {
    if (!s.illegal || (part >= 0 && s.part !== part)) continue;
    const b = barOf(ops[i]), x = Math.min(Math.max(b.x + b.w, left + 8), width - 10);
    if (b.x > width || b.x + b.w < left) continue;
    g.strokeStyle = '#c62828'; g.setLineDash([4, 3]); g.lineWidth = 1.4; g.beginPath(); g.moveTo(x, top_); g.lineTo(x, height); g.stroke(); g.setLineDash([]);
    const words = ['before it: ' + s.before, s.why].map((t) => t.length > 74 ? t.slice(0, 73) + '\u2026' : t);
    g.font = '12px system-ui, sans-serif';
    const w = Math.max(...words.map((t) => g.measureText(t).width)) + 16;
    const bx = Math.max(left + 4, Math.min(b.x, width - w - 6)), by = b.y + b.h + 42 > height ? b.y - 44 : b.y + b.h + 4;
    g.fillStyle = '#fff3f2'; g.strokeStyle = '#c62828'; g.lineWidth = 1.2;
    g.beginPath(); g.roundRect(bx, by, w, 38, 5); g.fill(); g.stroke();
    g.fillStyle = '#7d1a1a'; g.fillText(words[0], bx + 8, by + 15); g.fillText(words[1], bx + 8, by + 31);
  }
}
function drawChart() {
  width = $('scroll').clientWidth; height = $('scroll').clientHeight;
  const g = size(chart, width, height), row = rowHeight(), scroll = $('scroll').scrollTop;
  $('space').style.height = Math.max(0, top_ + 14 + lanes.length * row + 50 - height) + 'px';
  g.fillStyle = '#fff'; g.fillRect(0, 0, width, height);
  ticks(g);
  for (let i = 0; i < lanes.length; ++i) {
    const y = top_ + 3 + i * row - scroll;
    if (y > height || y < top_ - row) continue;
    if (i % 2) { g.fillStyle = '#f6f8fa88'; g.fillRect(left, y, width, row); }
  }
  drawn = [];
  g.save(); g.beginPath(); g.rect(left, top_, width - left, height - top_); g.clip();
  const from = Math.max(0, lowerBound(toX(left) - longest));
  for (let i = from; i < shown.length && X(shown[i].from) <= x1; ++i) drawBar(g, shown[i]);
  g.restore();
  g.save(); g.beginPath(); g.rect(left, 0, width - left, height); g.clip();
  drawPoints(g); drawIllegal(g); drawNotes(g);
  g.restore();
  g.fillStyle = '#fff'; g.fillRect(0, 0, left - 2, height); g.fillStyle = '#dde2e8'; g.fillRect(left - 2, 0, 1, height);
  g.font = '12px system-ui, sans-serif'; g.fillStyle = '#66707d'; g.fillText(data.parts.length && part >= 0 || data.parts.length === 1 ? 'state' : '', 10, 24);
  for (let i = 0; i < lanes.length; ++i) {
    const y = top_ + 6 + i * row - scroll;
    if (y < top_ - 4 || y > height) continue;
    const label = lanes[i].length > 2 ? lanes[i][0] + ' +' + (lanes[i].length - 1) : lanes[i].join(', ');
    g.fillStyle = '#66707d'; g.fillText(String(label).slice(0, 10), 10, y + row / 2 + 1);
  }
}
let longest = 0;
function lowerBound(x) {
  let low = 0, high = shown.length;
  while (low < high) { const mid = (low + high) >> 1; if (X(shown[mid].from) < x) low = mid + 1; else high = mid; }
  return low;
}
function drawMini() {
  const w = mini.clientWidth, h = 44, g = size(mini, w, h), all = end() - start();
  const bins = new Float32Array(Math.max(1, Math.floor(w / 2)));
  const at = (x) => (x - start()) / all;
  for (const op of shown) bins[Math.min(bins.length - 1, Math.floor(at(X(op.from)) * bins.length))] += 1;
  const most = Math.max(1, ...bins);
  g.fillStyle = '#b9c7d8';
  bins.forEach((n, i) => { const b = n / most * (h - 12); g.fillRect(i * 2, h - 2 - b, 1.6, b); });
  g.fillStyle = '#9c27b066'; for (const note of data.notes) g.fillRect(at(X(note[0])) * w, 0, 1.5, h);
  g.fillStyle = '#0b57d0'; for (const i of hits) g.fillRect(at(X(ops[i].from)) * w, 0, 1.5, 8);
  g.fillStyle = '#d64545';
  for (const [i, s] of stuck) if (s.illegal) g.fillRect(at(X(ops[i].from)) * w - 1, 0, 3, h);
  for (const i of inAnomaly.keys()) g.fillRect(at(X(ops[i].from)) * w, 0, 2, 14);
  g.strokeStyle = '#1d2530'; g.lineWidth = 1.5; g.fillStyle = '#1d253012';
  const a = at(x0) * w, b = Math.max(at(x1) * w, a + 3);
  g.fillRect(a, 1, b - a, h - 2); g.strokeRect(a, 1, b - a, h - 2);
}

// --- Moving about -----------------------------------------------------------------------------
function setWindow(a, b) {
  const all = end() - start(), least = byTime ? all / Math.max(1, data.events) : 2, most = all * 1.04;
  let w = Math.min(Math.max(b - a, Math.min(least, most)), most);
  let mid = (a + b) / 2;
  mid = Math.min(Math.max(mid, start() - all * 0.02 + w / 2), end() + all * 0.02 - w / 2);
  x0 = mid - w / 2; x1 = mid + w / 2;
  draw();
}
const zoom = (factor, at = (x0 + x1) / 2) => setWindow(at - (at - x0) * factor, at + (x1 - at) * factor);
function goTo(i) {
  const op = ops[i];
  if (!shown.includes(op)) choose(-1);
  select(i);
  const mid = (X(op.from) + X(op.ended ? op.to : op.from)) / 2;
  const w = Math.min(x1 - x0, Math.max((X(op.ended ? op.to : op.from) - X(op.from)) * 3, (end() - start()) * 60 / Math.max(60, data.events)));
  setWindow(mid - w / 2, mid + w / 2);
  const y = op.lane * rowHeight();
  if (y < $('scroll').scrollTop || y + 80 > $('scroll').scrollTop + height) $('scroll').scrollTop = y - height / 3;
}
function at(event) {
  const r = chart.getBoundingClientRect(), x = event.clientX - r.left, y = event.clientY - r.top;
  if (x < left || y < top_) return -1;
  for (let i = shown.length - 1; i >= 0; --i) {
    const b = barOf(shown[i]);
    if (y >= b.y - 1 && y <= b.y + b.h + 1 && x >= b.x - 2 && x <= b.x + b.w + 2) return shown[i].i;
  }
  return -1;
}
let drag = null;
chart.addEventListener('mousedown', (e) => { drag = { x: e.clientX, x0, x1, moved: false }; chart.style.cursor = 'grabbing'; });
window.addEventListener('mouseup', (e) => {
  if (drag && !drag.moved && e.target === chart) select(at(e));
  drag = null; chart.style.cursor = 'grab';
});
window.addEventListener('mousemove', (e) => {
  if (drag) {
    const by = (drag.x - e.clientX) / (width - left) * (drag.x1 - drag.x0);
    if (Math.abs(drag.x - e.clientX) > 3) drag.moved = true;
    if (drag.moved) setWindow(drag.x0 + by, drag.x1 + by);
    return;
  }
  if (e.target === chart) showTip(at(e), e.clientX, e.clientY); else $('tip').style.display = 'none';
});
chart.addEventListener('wheel', (e) => {
  if (e.shiftKey) return;
  e.preventDefault();
  if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) { const by = e.deltaX / width * (x1 - x0); setWindow(x0 + by, x1 + by); return; }
  zoom(Math.exp(Math.max(-80, Math.min(80, e.deltaY)) / 200), toX(e.clientX - chart.getBoundingClientRect().left));
}, { passive: false });
const jump = (e) => { const r = mini.getBoundingClientRect(), x = start() + (e.clientX - r.left) / r.width * (end() - start()), w = x1 - x0; setWindow(x - w / 2, x + w / 2); };
mini.addEventListener('mousedown', (e) => { jump(e); const move = (m) => jump(m); window.addEventListener('mousemove', move); window.addEventListener('mouseup', () => window.removeEventListener('mousemove', move), { once: true }); });
window.addEventListener('keydown', (e) => {
  if (e.target.tagName === 'INPUT' || e.target.tagName === 'SELECT') return;
  const w = x1 - x0;
  if (e.key === '+' || e.key === '=') zoom(0.6); else if (e.key === '-') zoom(1.6); else if (e.key === '0') setWindow(start(), end());
  else if (e.key === 'ArrowLeft') setWindow(x0 - w / 5, x1 - w / 5); else if (e.key === 'ArrowRight') setWindow(x0 + w / 5, x1 + w / 5);
  else if (e.key === '/') { e.preventDefault(); $('search').focus(); } else return;
});
$('scroll').addEventListener('scroll', draw);
window.addEventListener('resize', draw);

// --- Words ------------------------------------------------------------------------------------
const short = (text, n) => text.length > n ? text.slice(0, n) + '\u2026 (' + text.length + ' characters)' : text;
const nameOf = (op) => 'process ' + op.process + ': ' + short(op.text, 90);
function link(i) {
  const a = make('a', nameOf(ops[i]), 'op mono');
  a.addEventListener('click', () => goTo(i));
  return a;
}
function facts(op) {
  const rows = [['operation', op.f], ['process', String(op.process)]];
  if (op.key) rows.push(['key', op.key]);
  rows.push(['input', op.input]);
  rows.push(['result', op.outcome === 'ok' ? op.output : op.outcome === 'info' ? 'unknown (info)' : 'failed: it did not happen']);
  rows.push(['events', op.from + (op.ended && op.outcome !== 'info' ? ' to ' + op.to : ' to the end')]);
  if (hasTimes) rows.push(['time', duration(op.fromTime - eventTimes[0], 1e6) + (op.ended ? ' to ' + duration(op.toTime - eventTimes[0], 1e6) : '')]);
  if (op.line) rows.push(['line', String(op.line)]);
  const point = points.get(op.i), s = stuck.get(op.i);
  if (point) rows.push(['place', 'number ' + point.number + ' of the order'], ['before', point.before], ['after', point.state]);
  else if (s) rows.push(['before', s.before], ['verdict', s.why]);
  else if (data.parts.length && op.outcome === 'info') rows.push(['place', 'in the order found it never happened']);
  if (inAnomaly.has(op.i)) rows.push(['anomaly', inAnomaly.get(op.i)]);
  return rows;
}
function showTip(i, x, y) {
  const tip = $('tip');
  if (i < 0) { tip.style.display = 'none'; return; }
  tip.replaceChildren(make('div', nameOf(ops[i]), 'mono'));
  for (const [name, value] of facts(ops[i]).slice(2)) {
    if (name === 'input') continue;
    tip.append(make('div', name + ': ' + short(value, 300), name === 'verdict' ? 'why' : 'soft'));
  }
  tip.style.display = 'block';
  tip.style.left = Math.min(x + 14, innerWidth - tip.offsetWidth - 8) + 'px';
  tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 18) + 'px';
}
function select(i) {
  selected = i;
  const card = $('selected');
  card.style.display = i < 0 ? 'none' : '';
  if (i >= 0) {
    const list = make('dl');
    for (const [name, value] of facts(ops[i])) list.append(make('dt', name), make('dd', value));
    card.replaceChildren(make('h2', 'Selected operation'), list);
  }
  draw();
}
function partCard(p) {
  const it = data.parts[p], card = make('div', undefined, 'card ' + (it.outcome === 'bad' ? 'wrong' : it.outcome === 'good' ? 'fine' : 'open'));
  const name = it.name ? 'Object ' + short(it.name, 80) : 'The whole history';
  card.append(make('h2', name + (it.outcome === 'good' ? ': has an order' : it.outcome === 'bad' ? ': has no order' : ': undecided')));
  if (it.outcome === 'good') {
    const left_out = it.operations.length - it.points.length;
    card.append(make('p', it.points.length + ' operations take effect in the order of the circles' +
        (left_out ? '; ' + left_out + ' more crashed and need not have happened' : '') + '. At the end: ' + short(it.last, 200), 'soft'));
    return card;
  }
  if (it.stuck.length) {
    card.append(make('p', 'The longest that can be ordered: ' + it.points.length + ' of ' + it.operations.length + ' operations. Then ', 'soft'));
    const before = make('p', undefined, 'mono'); before.append(make('span', short(it.last, 300))); card.append(before);
    card.append(make('p', 'and this one must come next, but cannot:', 'soft'));
    const illegal = make('p'); illegal.append(link(it.stuck[0][0])); card.append(illegal, make('p', it.stuck[0][1]));
    if (it.stuck.length > 1) {
      const more = make('details'), list = make('ul');
      more.append(make('summary', 'The ' + (it.stuck.length - 1) + ' others that may come first do not help'));
      for (const s of it.stuck.slice(1)) { const li = make('li'); li.append(link(s[0]), make('div', s[1], 'soft')); list.append(li); }
      more.append(list); card.append(more);
    }
  }
  const whole = make('details'); whole.append(make('summary', 'In words'), make('pre', it.explanation)); card.append(whole);
  return card;
}
const kinds = { ww: '#5b6b7d', wr: '#2f7d4f', rw: '#b3541e', process: '#6a5acd', realtime: '#8a6d00' };
function kindBadge(kind) { const k = make('span', kind, 'kind'); k.style.background = kinds[kind] || '#555'; return k; }
// The cycle's transactions on a circle, when who found it drew nothing.
function drawCycle(edges) {
  const ns = 'http://www.w3.org/2000/svg', svg = document.createElementNS(ns, 'svg');
  const nodes = [...new Set(edges.flatMap((e) => [e[0], e[1]]))], n = nodes.length, r = Math.max(70, n * 17), w = 2 * r + 160;
  const add = (tag, attributes, text) => {
    const node = document.createElementNS(ns, tag);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    svg.append(node);
    return node;
  };
  svg.setAttribute('viewBox', '0 0 ' + w + ' ' + (2 * r + 60)); svg.setAttribute('class', 'cycle');
  const place = (i) => { const a = -Math.PI / 2 + nodes.indexOf(i) / n * 2 * Math.PI; return [w / 2 + r * Math.cos(a), r + 30 + r * Math.sin(a)]; };
  for (const [from, to, kind] of edges) {
    const [ax, ay] = place(from), [bx, by] = place(to), d = Math.hypot(bx - ax, by - ay) || 1, ux = (bx - ax) / d, uy = (by - ay) / d;
    const cx = (ax + bx) / 2 + uy * 22, cy = (ay + by) / 2 - ux * 22, ex = bx - ux * 26, ey = by - uy * 16, colour = kinds[kind] || '#555';
    add('path', { d: `M${ax},${ay} Q${cx},${cy} ${ex},${ey}`, fill: 'none', stroke: colour, 'stroke-width': 2 });
    const a = Math.atan2(ey - cy, ex - cx);
    add('path', { d: `M${ex},${ey} L${ex - 9 * Math.cos(a - 0.4)},${ey - 9 * Math.sin(a - 0.4)} L${ex - 9 * Math.cos(a + 0.4)},${ey - 9 * Math.sin(a + 0.4)} Z`, fill: colour });
    add('text', { x: cx, y: cy, fill: colour, 'font-size': 12, 'font-weight': 600, 'text-anchor': 'middle' }, kind);
  }
  for (const i of nodes) {
    const [x, y] = place(i);
    add('rect', { x: x - 24, y: y - 13, width: 48, height: 26, rx: 6, fill: '#fff', stroke: '#1d2530' });
    const text = add('text', { x, y: y + 4, 'font-size': 12, 'text-anchor': 'middle' }, 'T' + i);
    text.style.cursor = 'pointer'; text.addEventListener('click', () => goTo(i));
    const title = document.createElementNS(ns, 'title'); title.textContent = nameOf(ops[i]); text.append(title);
  }
  return svg;
}
// Of several objects: which have an order.
function objectsCard(bad) {
  const card = make('div', undefined, 'card'), count = data.parts.length, list = make('ul');
  card.append(make('h2', (count - bad.length) + ' of ' + count + ' objects have an order'));
  const show = bad.concat(data.parts.map((_, i) => i).filter((i) => !bad.includes(i))).slice(0, 200);
  for (const i of show) {
    const it = data.parts[i], li = make('li'), a = make('a', (it.outcome === 'good' ? '\u2713 ' : it.outcome === 'bad' ? '\u2717 ' : '? ') + short(it.name || '(no key)', 60), 'op');
    a.addEventListener('click', () => { choose(i); setWindow(start(), end()); showWrong(); });
    li.append(a, make('span', ' ' + it.operations.length + ' operations', 'soft')); list.append(li);
  }
  card.append(list);
  if (count > show.length) card.append(make('p', 'and ' + (count - show.length) + ' more', 'soft'));
  return card;
}
function anomalyCard(anomaly) {
  const card = make('div', undefined, 'card wrong');
  card.append(make('h2', anomaly.name));
  if (anomaly.what) card.append(make('pre', anomaly.what));
  if (anomaly.svg) {
    // As an image nothing in it can run.
    const image = make('img', undefined, 'cycle'); image.alt = 'the cycle';
    image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(anomaly.svg); card.append(image);
  } else if (anomaly.edges.length) card.append(drawCycle(anomaly.edges));
  const list = make('ul');
  for (const [from, to, kind, why] of anomaly.edges) {
    const li = make('li'); li.append(make('b', 'T' + from + ' '), link(from), make('br'), kindBadge(kind), make('b', ' T' + to + ' '), link(to), make('div', why, 'soft')); list.append(li);
  }
  if (!anomaly.edges.length) for (const i of anomaly.operations) { const li = make('li'); li.append(make('b', 'T' + i + ' '), link(i)); list.append(li); }
  card.append(list);
  return card;
}

// --- Choosing and searching -------------------------------------------------------------------
function choose(p) {
  part = p;
  $('part').value = String(p);
  const wanted = p < 0 ? null : new Set(data.parts[p].operations);
  shown = wanted ? ops.filter((op) => wanted.has(op.i)) : ops;
  layLanes(); measure();
  const cards = $('parts');
  const bad = data.parts.map((it, i) => i).filter((i) => data.parts[i].outcome !== 'good');
  const list = p >= 0 ? [p] : data.parts.length === 1 ? [0] : bad.slice(0, 20);
  cards.replaceChildren(...list.map(partCard));
  if (p < 0 && data.parts.length > 1) cards.prepend(objectsCard(bad));
  if (p < 0 && bad.length > 20) cards.append(make('div', 'and ' + (bad.length - 20) + ' more objects: choose them above', 'card soft'));
  draw();
}
function measure() {
  longest = 0;
  for (const op of shown) longest = Math.max(longest, X(op.ended ? op.to : op.from) - X(op.from));
}
function search(text) {
  for (const i of hits) ops[i].hit = false;
  text = text.trim().toLowerCase();
  hits = text === '' ? [] : shown.filter((op) => op.all.includes(text)).map((op) => op.i);
  for (const i of hits) ops[i].hit = true;
  hit = -1;
  $('found').textContent = text === '' ? '' : hits.length + ' found';
  draw();
}
function nextHit(by) {
  if (!hits.length) return;
  hit = (hit + by + hits.length) % hits.length;
  $('found').textContent = (hit + 1) + ' of ' + hits.length;
  goTo(hits[hit]);
}
$('search').addEventListener('input', (e) => search(e.target.value));
$('search').addEventListener('keydown', (e) => { if (e.key === 'Enter') nextHit(e.shiftKey ? -1 : 1); });
$('part').addEventListener('change', (e) => { choose(Number(e.target.value)); search($('search').value); setWindow(start(), end()); showWrong(); });
$('axis').addEventListener('change', (e) => { byTime = e.target.value === 'time'; measure(); setWindow(start(), end()); showWrong(); });
$('in').addEventListener('click', () => zoom(0.5));
$('out').addEventListener('click', () => zoom(2));
$('fit').addEventListener('click', () => setWindow(start(), end()));
$('wrong').addEventListener('click', () => showWrong(true));
let wrongAt = -1;
// Centres what is wrong: the first one, or the next at each press of the button.
function showWrong(next) {
  const list = [...stuck].filter(([, s]) => s.illegal && (part < 0 || s.part === part)).map(([i]) => i);
  for (const i of inAnomaly.keys()) list.push(i);
  if (!list.length) return;
  wrongAt = next ? (wrongAt + 1) % list.length : 0;
  const w = (end() - start()) * Math.min(1, 64 / Math.max(1, data.events));
  x0 = 0; x1 = w;
  goTo(list[wrongAt]);
}

// --- The start --------------------------------------------------------------------------------
const option = (value, text) => { const o = make('option', text); o.value = value; $('part').append(o); };
option(-1, data.parts.length > 1 ? 'all ' + data.parts.length : 'all');
data.parts.forEach((it, i) => { if (data.parts.length > 1) option(i, (it.outcome === 'bad' ? '\u2717 ' : it.outcome === 'good' ? '\u2713 ' : '? ') + short(it.name || '(no key)', 50) + ' (' + it.operations.length + ')'); });
if (!hasTimes) $('axis').querySelector('[value=time]').disabled = true;
for (const [f, colour] of colourOf) {
  if (colourOf.size > 8) break;
  const item = make('span', undefined, 'legend'), box = make('i'); box.style.background = colour; item.append(box, f); $('legend').append(item);
}
for (const [text, colour] of [['unknown result', '#e2a03f'], ['failed', '#d5dae0'], ['illegal', '#d64545']]) {
  const item = make('span', undefined, 'legend'), box = make('i'); box.style.background = colour; item.append(box, text); $('legend').append(item);
}
for (const anomaly of data.anomalies) $('anomalies').append(anomalyCard(anomaly));
if (!data.parts.length && data.explanation) {
  const card = make('div', undefined, 'card'); card.append(make('h2', 'In words'), make('pre', data.explanation)); $('side').append(card);
}
const firstBad = data.parts.findIndex((it) => it.outcome === 'bad');
choose(data.parts.length > 1 ? (firstBad >= 0 ? firstBad : -1) : -1);
setWindow(start(), end());
if (!stuck.size && !inAnomaly.size) $('wrong').style.display = 'none';
select(-1);
drawChart();
showWrong();
// page.html#object=3&from=100&to=200 opens there (in events); #axis=time shows times.
const hash = new URLSearchParams(location.hash.slice(1));
if (hash.get('axis') === 'time' && hasTimes) { $('axis').value = 'time'; byTime = true; measure(); setWindow(start(), end()); showWrong(); }
if (hash.has('object')) choose(Math.min(data.parts.length - 1, Number(hash.get('object'))));
if (hash.has('from')) setWindow(X(Number(hash.get('from'))), X(Math.min(data.events, Number(hash.get('to')))));
const before = performance.now();
drawChart();
document.body.dataset.drawMs = (performance.now() - before).toFixed(1);
document.body.dataset.ready = 'yes';
