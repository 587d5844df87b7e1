'use strict';
// The two canvases: lanes (what is in view) and overview (the whole run). They draw what the view
// says and decide nothing. What lies outside the view is skipped by binary search; what falls onto
// the same pixels is drawn once, so the cost is bounded by the pixels, not by the run.
const GROUPS = [  // Of message kinds: what the legend switches. Those first in the list are drawn last.
  {name: 'votes', color: '#9b30c9', kinds: ['vote', 'vote reply'], on: true},
  {name: 'snapshots', color: '#00897b', kinds: ['snapshot', 'snapshot reply'], on: true},
  {name: 'appends', color: '#1f5fd0', kinds: ['append'], on: true},
  {name: 'acks', color: '#8fb4f0', kinds: ['append reply'], on: true},
  {name: 'reads', color: '#c77d0a', kinds: ['read', 'read reply'], on: true},
  {name: 'rpc', color: '#3d8f3d', kinds: ['rpc', 'rpc reply'], on: true},
  {name: 'heartbeats', color: '#c3c9d4', kinds: ['heartbeat', 'heartbeat reply'], on: true},
  {name: 'unreadable', color: '#e00000', kinds: ['unreadable'], on: true},
];
const GROUP_OF = D.messageKinds.map(kind => GROUPS.findIndex(g => g.kinds.includes(kind)));
const LOST = '#e03131';
const ARROWS_MAX = 1500;   // Heads only up to so many.
const DRAWN_MAX = 6000;    // Arrows of the common kinds; beyond that, fewer per pixel.
const RARE = GROUPS.findIndex(g => g.name === 'appends');  // Groups before it, and losses, always show.
const PATH_MAX = 200;      // Lines of one path: rasterising a long one takes more than its share.
const LABEL_MIN = 46;      // Pixels.
const OPERATION = ['#2f9e44', '#8a93a3', '#e8a200'];
const LEFT = 62;           // Names stand left of it.

const view = {t0: START, t1: END, cursor: 0, hover: -1, hits: [], hit: -1};
const canvas = document.getElementById('lanes'), overview = document.getElementById('overview');
const stage = document.getElementById('stage');
const termColor = (term, light, alpha) => `hsla(${(term * 137.5) % 360}, 62%, ${light}%, ${alpha === undefined ? 1 : alpha})`;
let laneWidth = 1000;      // Of the canvas, as of the last drawing: asking the canvas itself makes the browser lay out.
const X = t => LEFT + (t - view.t0) / (view.t1 - view.t0) * (laneWidth - LEFT);
const timeAt = x => view.t0 + (x - LEFT) / (laneWidth - LEFT) * (view.t1 - view.t0);
const visible = (begin, end) => end >= view.t0 && begin <= view.t1;

// ---- Layout, once: rows so that overlapping spans do not cover each other.
const ROWS_MAX = 6;
function stack(spans) {
  const ends = [];
  for (const s of spans.sort((a, b) => a.begin - b.begin)) {
    let row = ends.findIndex(end => end <= s.begin);
    if (row < 0) row = ends.length < ROWS_MAX ? ends.length : ROWS_MAX - 1;
    ends[row] = Math.max(ends[row] || 0, s.open ? BIG : s.end);
    s.row = row;
  }
  return ends.length;
}
const FAULTS = SPANS.filter(s => s.kind === SPAN.fault);
const PHASES = SPANS.filter(s => s.kind === SPAN.phase);
const CUTS = D.nodes.map((_, n) => SPANS.filter(s => s.kind === SPAN.cut && s.node === n));
const OPERATIONS = D.nodes.map((_, n) => SPANS.filter(s => s.kind === SPAN.operation && s.node === n));
const ACCUSED = new Set();  // Nodes that the violation names.
for (const match of D.violation.matchAll(/\bnodes? (\d+)(?: and (\d+))?/g)) {
  D.nodes.forEach((node, n) => { if (match.slice(1).includes(String(node[0]))) ACCUSED.add(n); });
}
const LANES = [];
const faultRows = stack(FAULTS);
const FAULTS_TOP = 36, FAULT_HEIGHT = 15;
let height = FAULTS_TOP + Math.max(1, faultRows) * FAULT_HEIGHT + 8;
const order = D.nodes.map((_, n) => n).sort((a, b) => D.nodes[b][2] - D.nodes[a][2] || a - b);
for (const n of order) {
  const rows = stack(OPERATIONS[n]);
  if (isServer(n) || rows > 0 || E.n.includes(n)) LANES.push({n, rows, band: isServer(n) ? 22 : 6});
}
// Room that is left goes between the servers: arrows are easier to follow when they are long.
const laneHeight = lane => isServer(lane.n) ? 8 + lane.band + 10 + lane.rows * 9 + 26 : 8 + lane.band + 3 + lane.rows * 9 + 6;
const spare = stage.clientHeight - 24 - height - LANES.reduce((sum, lane) => sum + laneHeight(lane), 0);
const gap = Math.max(0, Math.min(70, spare / Math.max(1, LANES.filter(lane => isServer(lane.n)).length - 1)));
for (const lane of LANES) {
  const server = isServer(lane.n);
  lane.top = height;
  lane.y = height + 8;
  lane.operations = lane.y + lane.band + (server ? 10 : 3);
  height = lane.bottom = height + laneHeight(lane) + (server ? gap : 0);
}
const LANE_OF = [];
for (const lane of LANES) LANE_OF[lane.n] = lane;
const center = n => LANE_OF[n].y + LANE_OF[n].band / 2;

function prepare(target, w, h) {
  const ratio = window.devicePixelRatio || 1;
  if (target.width !== Math.round(w * ratio) || target.height !== Math.round(h * ratio)) {
    target.width = Math.round(w * ratio);
    target.height = Math.round(h * ratio);
    target.style.width = w + 'px';
    target.style.height = h + 'px';
  }
  const c = target.getContext('2d');
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, w, h);
  return c;
}
function hatch(c, x, y, w, h, back, line) {
  c.save();
  c.beginPath();
  c.rect(x, y, w, h);
  c.clip();
  c.fillStyle = back;
  c.fillRect(x, y, w, h);
  c.strokeStyle = line;
  c.beginPath();
  for (let i = Math.floor(x / 7) * 7 - h; i < x + w; i += 7) {
    c.moveTo(i, y + h);
    c.lineTo(i + h, y);
  }
  c.stroke();
  c.restore();
}
function label(c, text, x, y, w) {
  if (w < 14) return;
  c.save();
  c.beginPath();
  c.rect(x, y - 12, w, 18);
  c.clip();
  c.fillText(text, x, y);
  c.restore();
}
function clampSpan(begin, end) {
  const x = Math.max(LEFT, X(Math.max(begin, view.t0)));
  return [x, Math.max(1.5, Math.min(laneWidth, X(Math.min(end, view.t1))) - x)];
}

function drawRuler(c, w) {
  const wanted = (view.t1 - view.t0) / Math.max(2, w / 130);
  const power = Math.pow(10, Math.floor(Math.log10(wanted)));
  const step = [1, 2, 5, 10].map(f => f * power).find(s => s >= wanted);
  const digits = Math.max(0, 9 - Math.floor(Math.log10(step)));
  c.fillStyle = '#5a6475';
  c.strokeStyle = '#eef1f5';
  for (let t = Math.ceil(view.t0 / step) * step; t <= view.t1; t += step) {
    const x = X(t);
    c.beginPath();
    c.moveTo(x, 16);
    c.lineTo(x, height);
    c.stroke();
    c.fillText((t / 1e9).toFixed(Math.min(digits, 9)) + ' s', x + 3, 12);
  }
}
function drawSpansOnTop(c) {
  for (const s of PHASES) {
    if (!visible(s.begin, s.end)) continue;
    const [x, w] = clampSpan(s.begin, s.end);
    c.fillStyle = '#f0f2f6';
    c.fillRect(x, 18, w - 1, 14);
    c.fillStyle = '#5a6475';
    label(c, s.text, x + 4, 29, w - 4);
  }
  for (const s of FAULTS) {
    if (!visible(s.begin, s.end)) continue;
    const [x, w] = clampSpan(s.begin, s.end);
    const y = FAULTS_TOP + s.row * FAULT_HEIGHT;
    c.fillStyle = '#ffd8a8';
    c.fillRect(x, y, w, FAULT_HEIGHT - 2);
    c.fillStyle = '#d9480f';
    c.fillRect(x, y, 2, FAULT_HEIGHT - 2);
    c.fillStyle = '#5c2b00';
    label(c, s.text, x + 5, y + 10, w - 6);
  }
}
function drawBand(c, lane) {
  const raft = RAFT[lane.n];
  c.fillStyle = '#f4f5f8';
  c.fillRect(LEFT, lane.y, laneWidth - LEFT, lane.band);
  const first = Math.max(0, lowerBound(raft.bands.length, i => raft.bands[i].begin, view.t0) - 1);
  for (let i = first; i < raft.bands.length && raft.bands[i].begin <= view.t1; ++i) {
    const b = raft.bands[i];
    if (b.end < view.t0) continue;
    const [x, w] = clampSpan(b.begin, b.end);
    const leads = b.role === 3;
    c.fillStyle = leads ? termColor(b.term, 42) : termColor(b.term, 86);
    c.fillRect(x, lane.y, w, lane.band);
    if (b.role === 1 || b.role === 2) hatch(c, x, lane.y, w, lane.band, termColor(b.term, 78), '#c77d0a');
    if (w > LABEL_MIN) {
      c.fillStyle = leads ? '#fff' : '#3a4558';
      c.font = leads ? 'bold 11px sans-serif' : '11px sans-serif';
      label(c, `${ROLES[b.role]} · term ${b.term}`, x + 4, lane.y + lane.band - 7, w - 6);
      c.font = '11px sans-serif';
    }
  }
  for (const s of PAUSED[lane.n]) {
    if (!visible(s.begin, s.end)) continue;
    const [x, w] = clampSpan(s.begin, s.end);
    hatch(c, x, lane.y - 2, w, lane.band + 4, 'rgba(255,255,255,.75)', '#8a93a3');
    c.fillStyle = '#3a4558';
    label(c, 'paused', x + 4, lane.y + 14, w - 4);
  }
  for (const s of DOWN[lane.n]) {
    if (!visible(s.begin, s.end)) continue;
    const [x, w] = clampSpan(s.begin, s.end);
    hatch(c, x, lane.y - 2, w, lane.band + 4, '#4a5160', '#2b303b');
    c.fillStyle = '#fff';
    label(c, s.text === 'kill' ? 'killed' : 'power failure', x + 4, lane.y + 14, w - 4);
  }
}
// The commit index: a tick under the band where it moved, with the number where there is room.
const DIGIT = 5.2;  // Pixels of one, about.
function drawCommits(c, lane) {
  const commits = RAFT[lane.n].commits;
  const y = lane.y + lane.band + 1;
  let freeFrom = LEFT, lastX = -1;
  const first = Math.max(0, lowerBound(commits.length, i => commits[i].t, view.t0) - 1);
  c.fillStyle = '#3a4558';
  c.font = '9px sans-serif';
  c.beginPath();
  for (let i = first; i < commits.length && commits[i].t <= view.t1; ++i) {
    const x = Math.max(LEFT, Math.round(X(commits[i].t)));
    if (x === lastX) continue;
    lastX = x;
    c.rect(x, y, 1, 4);
    if (x < freeFrom) continue;
    const text = (i === first ? 'commit ' : '') + commits[i].index;
    c.fillText(text, x + 2, y + 7);
    freeFrom = x + 12 + text.length * DIGIT;
  }
  c.fill();
  c.font = '11px sans-serif';
}
function drawCuts(c, lane) {
  for (const s of CUTS[lane.n]) {
    if (!visible(s.begin, s.end) || !LANE_OF[s.other]) continue;
    const [x, w] = clampSpan(s.begin, s.end);
    const up = LANE_OF[s.other].top < lane.top;
    const y = up ? lane.y - 5 - (s.other % 3) * 2 : lane.y + lane.band + 10 + (s.other % 3) * 2;
    c.fillStyle = LOST;
    c.fillRect(x, y, w, 1.5);
    if (w > 70 && !OPERATIONS[lane.n].length) {
      c.font = '9px sans-serif';
      label(c, `✂ to ${nodeName(s.other)}`, x + 3 + (s.other % 5) * 58, up ? y - 1 : y + 9, 56);
      c.font = '11px sans-serif';
    }
  }
}
function drawOperations(c, lane) {
  const taken = new Set();
  for (const s of OPERATIONS[lane.n]) {
    const end = s.end;
    if (!visible(s.begin, end)) continue;
    const [x, w] = clampSpan(s.begin, end);
    if (w < 2) {
      const key = s.row * 65536 + Math.round(x);
      if (taken.has(key)) continue;
      taken.add(key);
    }
    const y = lane.operations + s.row * 9;
    c.fillStyle = OPERATION[s.open ? 2 : s.outcome];
    c.fillRect(x, y, w, 7);
    if (w > 60) {
      c.fillStyle = '#fff';
      c.font = '8px sans-serif';
      label(c, s.text, x + 3, y + 6, w - 3);
      c.font = '11px sans-serif';
    }
  }
}
function drawTicks(c) {
  const from = lowerBound(E.count, i => E.t[i], view.t0), to = lowerBound(E.count, i => E.t[i], view.t1 + 1);
  const last = new Float64Array(D.nodes.length).fill(-9);
  c.fillStyle = '#6b7689';
  c.beginPath();
  for (let i = from; i < to; ++i) {
    const n = E.n[i];
    if (n < 0 || !LANE_OF[n]) continue;
    const x = Math.round(X(E.t[i]));
    if (x - last[n] < 2) continue;
    last[n] = x;
    c.rect(x, LANE_OF[n].y, 1, 3);
  }
  c.fill();
}

// Calls each(m, x0, y0, x1, y1) for the messages in view whose group is on; one per pair of pixels.
function eachMessage(each) {
  const first = lowerBound(M.count, i => M.s[M.bySent[i]], view.t1 + 1);
  const seen = new Set();
  let drawn = 0;
  const width = laneWidth - LEFT, scale = width / (view.t1 - view.t0);
  const inView = first - lowerBound(M.count, i => M.s[M.bySent[i]], view.t0);
  const servers = LANES.length, kinds = GROUPS.length - RARE;
  const coarse = inView <= DRAWN_MAX ? 2 : Math.max(2, width * servers * (servers - 1) * kinds / DRAWN_MAX / 2);
  for (let block = 0; block * BLOCK < first; ++block) {
    if (M.blockEnd[block] < view.t0) continue;
    const end = Math.min(first, (block + 1) * BLOCK);
    for (let i = block * BLOCK; i < end; ++i) {
      const m = M.bySent[i];
      if (M.e[m] < view.t0 || !GROUPS[GROUP_OF[M.k[m]]].on) continue;
      const from = LANE_OF[M.f[m]], to = LANE_OF[M.o[m]];
      if (!from || !to) continue;
      const x0 = LEFT + (M.s[m] - view.t0) * scale, x1 = LEFT + (M.e[m] - view.t0) * scale;
      const group = GROUP_OF[M.k[m]], lost = M.x[m] !== 0;
      const step = group < RARE || lost ? 2 : coarse;
      const key = ((Math.round(x0 / step) * 16 + group) * 128 + M.f[m] % 128) * 128 + M.o[m] % 128 + (lost ? 0.5 : 0);
      if (seen.has(key)) continue;
      seen.add(key);
      ++drawn;
      const down = to.y > from.y;
      each(m, x0, down ? from.y + from.band : from.y, x1, down ? to.y : to.y + to.band);
    }
  }
  return drawn;
}
function drawMessages(c) {
  const delivered = GROUPS.map(() => []), lost = GROUPS.map(() => []);
  const drawn = eachMessage((m, x0, y0, x1, y1) => {
    const list = M.x[m] === 0 || M.x[m] === 7 ? delivered : lost;
    list[GROUP_OF[M.k[m]]].push(x0, y0, x1, y1);
  });
  const heads = drawn <= ARROWS_MAX;
  for (let g = GROUPS.length - 1; g >= 0; --g) {
    c.strokeStyle = c.fillStyle = GROUPS[g].color;
    c.lineWidth = g < 2 ? 1.6 : 1;
    c.globalAlpha = heads ? 0.9 : 0.45;
    strokeLines(c, delivered[g], 1);
    if (heads) drawHeads(c, delivered[g]);
    c.setLineDash([3, 3]);
    strokeLines(c, lost[g], 0.55);
    c.setLineDash([]);
    if (!heads) continue;
    c.strokeStyle = LOST;
    c.lineWidth = 1.4;
    c.beginPath();
    for (let i = 0; i < lost[g].length; i += 4) {
      const [x, y] = partWay(lost[g], i, 0.55);
      c.moveTo(x - 3, y - 3);
      c.lineTo(x + 3, y + 3);
      c.moveTo(x + 3, y - 3);
      c.lineTo(x - 3, y + 3);
    }
    c.stroke();
  }
  c.globalAlpha = 1;
  c.lineWidth = 1;
  return drawn;
}
function partWay(lines, i, part) {
  const end = Math.max(lines[i + 2], lines[i] + 6);  // What ended at once still shows a direction.
  return [lines[i] + (end - lines[i]) * part, lines[i + 1] + (lines[i + 3] - lines[i + 1]) * part];
}
function strokeLines(c, lines, part) {
  c.beginPath();
  for (let i = 0; i < lines.length; i += 4) {
    if (i % (4 * PATH_MAX) === 0 && i > 0) {
      c.stroke();
      c.beginPath();
    }
    c.moveTo(lines[i], lines[i + 1]);
    if (part === 1) c.lineTo(lines[i + 2], lines[i + 3]); else c.lineTo(...partWay(lines, i, part));
  }
  c.stroke();
}
function drawHeads(c, lines) {
  c.beginPath();
  for (let i = 0; i < lines.length; i += 4) {
    const angle = Math.atan2(lines[i + 3] - lines[i + 1], lines[i + 2] - lines[i]);
    const x = lines[i + 2], y = lines[i + 3];
    c.moveTo(x, y);
    c.lineTo(x - 7 * Math.cos(angle - 0.35), y - 7 * Math.sin(angle - 0.35));
    c.lineTo(x - 7 * Math.cos(angle + 0.35), y - 7 * Math.sin(angle + 0.35));
    c.closePath();
  }
  c.fill();
}
function highlight(c, m, color) {
  const from = LANE_OF[M.f[m]], to = LANE_OF[M.o[m]];
  if (!from || !to) return;
  const down = to.y > from.y;
  c.strokeStyle = c.fillStyle = color;
  c.lineWidth = 2.5;
  const line = [X(M.s[m]), down ? from.y + from.band : from.y, X(M.e[m]), down ? to.y : to.y + to.band];
  strokeLines(c, line, M.x[m] === 0 ? 1 : 0.55);
  if (M.x[m] === 0) drawHeads(c, line);
  c.lineWidth = 1;
}
function drawMarks(c, w) {
  const from = lowerBound(view.hits.length, i => view.hits[i].t, view.t0);
  let last = -9;
  c.fillStyle = 'rgba(255, 200, 0, .75)';
  for (let i = from; i < view.hits.length && view.hits[i].t <= view.t1; ++i) {
    const x = Math.round(X(view.hits[i].t));
    if (x === last) continue;
    last = x;
    c.fillRect(x - 1, 16, 2, height);
  }
  if (view.hit >= 0 && view.hits[view.hit].message !== undefined) highlight(c, view.hits[view.hit].message, '#f08c00');
  if (view.hover >= 0) highlight(c, view.hover, '#111');
  if (D.violation !== '' && visible(D.end, D.end)) {
    const x = Math.min(X(D.end), w - 1);
    c.fillStyle = '#c62828';
    c.fillRect(x - 1, 0, 2, height);
    c.font = 'bold 11px sans-serif';
    c.textAlign = 'right';
    c.fillText('VIOLATION', x - 5, 29);
    c.textAlign = 'left';
    c.font = '11px sans-serif';
  }
  const t = E.count > 0 ? E.t[view.cursor] : START;
  if (visible(t, t)) {
    c.fillStyle = '#111';
    c.fillRect(X(t) - 0.5, 0, 1.5, height);
    const n = E.count > 0 ? E.n[view.cursor] : -1;
    if (n >= 0 && LANE_OF[n]) {
      c.beginPath();
      c.arc(X(t), center(n), 5, 0, 7);
      c.fillStyle = '#ffd43b';
      c.fill();
      c.strokeStyle = '#111';
      c.stroke();
    }
  }
}
function drawNames(c) {
  c.fillStyle = '#fff';
  c.fillRect(0, 16, LEFT - 1, height);
  c.fillStyle = '#5a6475';
  c.fillText('phase', 6, 29);
  c.fillText('faults', 6, FAULTS_TOP + 10);
  for (const lane of LANES) {
    c.fillStyle = ACCUSED.has(lane.n) ? '#c62828' : '#1c2330';
    c.font = (isServer(lane.n) ? 'bold 13px' : '11px') + ' sans-serif';
    c.fillText((ACCUSED.has(lane.n) ? '⚠ ' : '') + nodeName(lane.n), 6, center(lane.n) + 4);
    if (lane.rows > 0 && isServer(lane.n)) {
      c.font = '9px sans-serif';
      c.fillStyle = '#8a93a3';
      c.fillText('operations', 6, lane.operations + 7);
    }
  }
  c.font = '11px sans-serif';
}
// Returns how many messages were drawn.
function drawLanes() {
  const w = laneWidth = stage.clientWidth;
  const c = prepare(canvas, w, Math.max(height, stage.clientHeight - 4));
  c.font = '11px sans-serif';
  drawRuler(c, w);
  drawSpansOnTop(c);
  for (const lane of LANES) {
    if (isServer(lane.n)) {
      drawBand(c, lane);
      drawCommits(c, lane);
    } else {
      c.fillStyle = '#dfe3ea';
      c.fillRect(LEFT, lane.y, w - LEFT, lane.band);
    }
    drawCuts(c, lane);
    drawOperations(c, lane);
  }
  const drawn = drawMessages(c);
  drawTicks(c);
  drawNames(c);
  drawMarks(c, w);
  return drawn;
}
function drawOverview() {
  const w = overview.parentElement.clientWidth - 24, h = 64;
  const c = prepare(overview, w, h);
  const x = t => (t - START) / (END - START) * w;
  const servers = LANES.filter(lane => isServer(lane.n));
  const row = Math.min(9, (h - 16) / Math.max(1, servers.length));
  for (const s of FAULTS) {
    c.fillStyle = 'rgba(240, 140, 0, .45)';
    c.fillRect(x(s.begin), 2, Math.max(1, x(s.end) - x(s.begin)), 8);
  }
  servers.forEach((lane, i) => {
    const y = 13 + i * row;
    for (const b of RAFT[lane.n].bands) {
      c.fillStyle = b.role === 3 ? termColor(b.term, 42) : termColor(b.term, 88);
      c.fillRect(x(b.begin), y, Math.max(b.role === 3 ? 1 : 0.3, x(b.end) - x(b.begin)), row - 1);
    }
    c.fillStyle = '#4a5160';
    for (const s of DOWN[lane.n]) c.fillRect(x(s.begin), y, Math.max(1, x(s.open ? END : s.end) - x(s.begin)), row - 1);
  });
  c.fillStyle = 'rgba(255, 200, 0, .9)';
  let last = -1;
  for (const hit of view.hits) {
    const at = Math.round(x(hit.t));
    if (at !== last) c.fillRect(at, 0, 1, h);
    last = at;
  }
  if (D.violation !== '') {
    c.fillStyle = '#c62828';
    c.fillRect(Math.min(w - 3, x(D.end) - 1), 0, 3, h);
  }
  c.fillStyle = '#111';
  if (E.count > 0) c.fillRect(x(E.t[view.cursor]), 0, 1, h);
  c.fillStyle = 'rgba(30, 60, 120, .10)';
  c.fillRect(x(view.t0), 0, Math.max(3, x(view.t1) - x(view.t0)), h);
  c.strokeStyle = '#1f5fd0';
  c.strokeRect(x(view.t0) + 0.5, 0.5, Math.max(3, x(view.t1) - x(view.t0)) - 1, h - 1);
}
