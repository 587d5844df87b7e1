'use strict';
// The hands: scrubber, zoom, search, legend, panels. Everything changes `view` and asks for a redraw;
// one redraw per frame at most.
const $ = id => document.getElementById(id);
const SPAN_MIN = 2000;      // Nanoseconds in view, at least.
const NEAR = 7;             // Pixels from an arrow.
const LOG_LINES = 60;       // Around the event.
const COLUMNS_MAX = 17;     // Of the logs' table.
const cost = {draw: 0, drawn: 0, frames: 0};
let wanted = false, panelsAt = -1;

function redraw() {
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(() => {
    wanted = false;
    const start = performance.now();
    cost.drawn = drawLanes();
    drawOverview();
    if (panelsAt !== view.cursor) showPanels();
    cost.draw = performance.now() - start;
    ++cost.frames;
    $('cost').textContent = `${E.count} events, ${M.count} messages; ${cost.drawn} drawn in ${cost.draw.toFixed(1)} ms`;
  });
}
function setView(t0, t1) {
  const span = Math.min(Math.max(t1 - t0, SPAN_MIN), (END - START) * 1.04);
  const middle = (t0 + t1) / 2;
  const low = START - (END - START) * 0.02, high = END + (END - START) * 0.02;
  view.t0 = Math.max(low, Math.min(high - span, middle - span / 2));
  view.t1 = view.t0 + span;
  redraw();
}
function zoom(factor, around) {
  const t = around === undefined ? (view.t0 + view.t1) / 2 : around;
  setView(t - (t - view.t0) * factor, t + (view.t1 - t) * factor);
}
function setCursor(index, follow) {
  if (E.count === 0) return;
  view.cursor = Math.max(0, Math.min(E.count - 1, index));
  const t = E.t[view.cursor], span = view.t1 - view.t0;
  if (follow && (t < view.t0 + span * 0.02 || t > view.t1 - span * 0.02)) setView(t - span / 2, t + span / 2);
  $('scrubber').value = String(view.cursor);
  redraw();
}
function gotoEvent(event) { setCursor(event - E.first, true); }
// So far before the end that as many messages as one can tell apart are in view.
const READABLE = 220;
function readableSpan() {
  let seen = 0, i = M.count - 1;
  for (; i >= 0 && seen < READABLE; --i) if (GROUPS[GROUP_OF[M.k[i]]].name !== 'heartbeats') ++seen;
  return Math.max(5e7, i < 0 ? END - START : D.end - M.e[i]);
}
function gotoViolation() {
  const span = Math.min((END - START) * 1.04, readableSpan());
  setView(D.end - span * 0.93, D.end + span * 0.07);
  setCursor(E.count - 1, false);
}

// ---- Panels
function element(tag, text, className) {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = text;
  if (className) e.className = className;
  return e;
}
function showPanels() {
  panelsAt = view.cursor;
  if (E.count === 0) return;
  const event = E.first + view.cursor, t = E.t[view.cursor];
  $('where').textContent = `event #${event} of ${D.lastEvent}, ${seconds(t)}`;
  const servers = LANES.filter(lane => isServer(lane.n)).map(lane => ({n: lane.n, raft: raftAt(lane.n, event)}));
  showState(servers, t, E.n[view.cursor]);
  showTerms(servers);
  showEvent(event, view.cursor);
  showLogs(event);
}
function showState(servers, t, actor) {
  const table = $('state');
  table.replaceChildren();
  const head = table.insertRow();
  for (const name of ['', 'role', 'term', 'vote', 'leader', 'commit', 'last']) head.append(element('th', name));
  for (const {n, raft} of servers) {
    const row = table.insertRow();
    if (n === actor) row.className = 'actor';
    row.append(element('td', nodeName(n)));
    const down = covers(DOWN[n], t), paused = covers(PAUSED[n], t);
    const role = element('td');
    const chip = element('i');
    chip.style.background = down ? '#4a5160' : raft ? termColor(raft.term, raft.role === 3 ? 42 : 82) : '#eee';
    role.append(chip, down ? `down (${down.text})` : (raft ? ROLES[raft.role] : '?') + (paused ? ', paused' : ''));
    row.append(role);
    if (!raft) continue;
    const last = raft.first + raft.terms.length - 1;
    const lastTerm = raft.terms.length ? raft.terms[raft.terms.length - 1] : '-';
    for (const text of [raft.term, raft.vote < 0 ? '-' : nodeName(raft.vote), raft.leader < 0 ? '-' : nodeName(raft.leader),
      raft.commit, `${last} (t${lastTerm})`]) row.append(element('td', String(text)));
  }
}
// Where the logs end, and before that where they first differ: the last columns that fit.
function showTerms(servers) {
  const table = $('terms');
  table.replaceChildren();
  const known = servers.filter(s => s.raft);
  if (known.length === 0) return;
  const last = Math.max(...known.map(s => s.raft.first + s.raft.terms.length - 1));
  const low = Math.max(1, Math.max(...known.map(s => s.raft.commit)) - COLUMNS_MAX * 4);
  let clash = 0;
  for (let index = low; index <= last && !clash; ++index) if (clashes(known, index)) clash = index;
  const from = Math.max(1, clash ? Math.min(clash - 3, last - COLUMNS_MAX + 1) : last - COLUMNS_MAX + 1);
  const to = Math.min(last, from + COLUMNS_MAX - 1);
  const head = table.insertRow();
  head.append(element('th', '', 'name'));
  for (let index = from; index <= to; ++index) head.append(element('th', index % 2 === to % 2 ? String(index) : ''));
  for (const {n, raft} of known) {
    const row = table.insertRow();
    row.append(element('th', nodeName(n), 'name'));
    for (let index = from; index <= to; ++index) {
      const term = termAt(raft, index);
      const cell = element('td', term ? String(term) : '');
      if (term) cell.style.background = termColor(term, 40);
      const committed = index <= raft.commit;
      cell.className = term ? (committed ? 'yes' : 'no') : index < raft.first ? 'gone' : '';
      if (term && clashes(known, index)) cell.classList.add('clash');
      cell.title = `${nodeName(n)} index ${index}: ` + (term ? `term ${term}, ${committed ? '' : 'not '}committed there`
        : index < raft.first ? 'in its snapshot' : 'nothing');
      row.append(cell);
    }
  }
}
// Some node holds as committed what another one holds otherwise.
function clashes(servers, index) {
  const committed = new Set(), terms = new Set();
  for (const {raft} of servers) {
    const term = termAt(raft, index);
    if (!term) continue;
    terms.add(term);
    if (index <= raft.commit) committed.add(term);
  }
  return committed.size > 1 || (committed.size === 1 && terms.size > 1 && committed.size < terms.size);
}
function line(parent, name, text) {
  const div = element('div');
  div.append(element('b', name + ' '), text);
  parent.append(div);
  return div;
}
function showEvent(event, index) {
  const box = $('event');
  box.replaceChildren();
  line(box, D.eventKinds[E.k[index]], `on ${nodeName(E.n[index])} at ${seconds(E.t[index])}`);
  if (E.c[index] > 0) {
    const cause = event - E.c[index], at = cause - E.first;
    const when = at >= 0 ? `, ${((E.t[index] - E.t[at]) / 1e6).toFixed(3)} ms before` : ', not kept';
    const div = line(box, 'set by', '');
    const link = element('a', `event #${cause}`);
    link.onclick = () => gotoEvent(cause);
    div.append(link, when);
  }
  for (const m of messagesEndedBy(event)) line(box, M.x[m] === 0 ? 'got' : 'ended', messageLine(m));
  for (const m of messagesSentBy(event)) line(box, 'sent', messageLine(m));
  for (const lane of LANES) {
    if (!isServer(lane.n)) continue;
    const changes = RAFT[lane.n].changes;
    const i = lowerBound(changes.length, i => changes[i].event, event);
    if (i >= changes.length || changes[i].event !== event) continue;
    const c = changes[i];
    line(box, 'raft', `${nodeName(lane.n)}: ${ROLES[c.role]} of term ${c.term}, commit ${c.commit}` +
      (c.runs.length ? `, entries from ${c.from}: ${expand(c.runs).map(t => 't' + t).slice(0, 12).join(' ')}` : ''));
  }
  for (const s of SPANS) {
    if (s.beginEvent === event && s.kind !== SPAN.phase) line(box, 'begins', spanLine(s));
    if (s.endEvent === event && s.kind !== SPAN.phase && !s.open) line(box, 'ends', spanLine(s));
  }
  if (D.violation !== '' && index === E.count - 1) line(box, 'violation', D.violation).style.color = '#c62828';
}
function spanLine(s) {
  if (s.kind === SPAN.fault) return `fault ${s.text}`;
  if (s.kind === SPAN.cut) return `cut ${nodeName(s.node)} → ${nodeName(s.other)}`;
  if (s.kind === SPAN.down) return `${nodeName(s.node)} down (${s.text})`;
  if (s.kind === SPAN.paused) return `${nodeName(s.node)} paused`;
  if (s.kind === SPAN.phase) return `phase ${s.text}`;
  return `operation ${s.id} on ${nodeName(s.node)}: ${s.text} → ${s.open ? 'no answer' : OUTCOMES[s.outcome]} ${s.result}`;
}
function showLogs(event) {
  const box = $('logs');
  box.replaceChildren();
  const at = lowerBound(L.count, i => L.e[i], event + 1);
  const from = Math.max(0, at - LOG_LINES / 2);
  let now = null;
  for (let i = from; i < Math.min(L.count, from + LOG_LINES); ++i) {
    const div = element('div', undefined, ['d', 'i', 'w', 'e'][L.l[i]]);
    div.append(element('span', `${(L.t[i] / 1e9).toFixed(6)} ${nodeName(L.n[i])} `, 't'), L.m[i]);
    if (L.e[i] === event) div.classList.add('now');
    if (L.e[i] <= event) now = div;
    div.onclick = () => gotoEvent(L.e[i]);
    box.append(div);
  }
  if (L.count === 0) box.append(element('div', 'none was kept'));
  if (now) box.scrollTop = now.offsetTop - box.clientHeight / 2;
}

// ---- Search
function find() {
  view.hits = search($('search').value);
  view.hit = -1;
  const query = $('search').value.trim();
  const after = lowerBound(view.hits.length, i => view.hits[i].t, view.t0);
  if (view.hits.length > 0) showHit(after < view.hits.length ? after : 0);
  else $('matches').textContent = query === '' ? '' : 'nothing';
  redraw();
}
function showHit(index) {
  if (view.hits.length === 0) return;
  view.hit = (index + view.hits.length) % view.hits.length;
  const hit = view.hits[view.hit];
  $('matches').textContent = `${view.hit + 1} of ${view.hits.length}${view.hits.length >= TEXTS_MAX ? '+' : ''}`;
  gotoEvent(hit.event);
}

// ---- Mouse and keys
function nearest(x, y) {
  let best = -1, distance = NEAR * NEAR;
  eachMessage((m, x0, y0, x1, y1) => {
    const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
    const part = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length));
    const ex = x0 + part * dx - x, ey = y0 + part * dy - y;
    if (ex * ex + ey * ey < distance) {
      distance = ex * ex + ey * ey;
      best = m;
    }
  });
  return best;
}
function spanAt(x, y) {
  const t = timeAt(x), slack = (view.t1 - view.t0) / laneWidth * 2;
  const inside = s => s.begin - slack <= t && (s.open || t <= s.end + slack);
  if (y >= FAULTS_TOP && y < FAULTS_TOP + faultRows * FAULT_HEIGHT) {
    return FAULTS.find(s => inside(s) && s.row === Math.floor((y - FAULTS_TOP) / FAULT_HEIGHT));
  }
  const lane = LANES.find(lane => y >= lane.top && y < lane.bottom);
  if (!lane) return undefined;
  if (y >= lane.operations && y < lane.operations + lane.rows * 9) {
    return OPERATIONS[lane.n].find(s => inside(s) && s.row === Math.floor((y - lane.operations) / 9));
  }
  return Math.abs(y - lane.y - lane.band / 2) < lane.band / 2 + 2
    ? DOWN[lane.n].find(inside) || PAUSED[lane.n].find(inside) : CUTS[lane.n].find(inside);
}
function hoverAt(e) {
  const box = canvas.getBoundingClientRect();
  const x = e.clientX - box.left, y = e.clientY - box.top;
  const m = x > LEFT ? nearest(x, y) : -1;
  const span = m < 0 ? spanAt(x, y) : undefined;
  const tip = $('tip');
  tip.style.display = m >= 0 || span ? 'block' : 'none';
  if (m >= 0) tip.textContent = `${messageLine(m)}\nsent ${seconds(M.s[m])} in #${M.se[m]}, ${((M.e[m] - M.s[m]) / 1e6).toFixed(3)} ms`;
  else if (span) tip.textContent = `${spanLine(span)}\n${seconds(span.begin)} – ${span.open ? 'the end' : seconds(span.end)}`;
  tip.style.left = Math.min(e.clientX + 14, window.innerWidth - 540) + 'px';
  tip.style.top = Math.min(e.clientY + 14, window.innerHeight - 80) + 'px';
  if (m !== view.hover) {
    view.hover = m;
    redraw();
  }
}
let drag = null;
canvas.addEventListener('mousedown', e => { drag = {x: e.clientX, y: e.clientY, t0: view.t0, t1: view.t1, top: stage.scrollTop, moved: false}; });
window.addEventListener('mousemove', e => {
  if (!drag) return e.target === canvas ? hoverAt(e) : ($('tip').style.display = 'none');
  if (Math.abs(e.clientX - drag.x) + Math.abs(e.clientY - drag.y) > 3) drag.moved = true;
  if (!drag.moved) return undefined;
  const shift = (e.clientX - drag.x) / (laneWidth - LEFT) * (drag.t1 - drag.t0);
  stage.scrollTop = drag.top - (e.clientY - drag.y);
  return setView(drag.t0 - shift, drag.t1 - shift);
});
window.addEventListener('mouseup', e => {
  if (drag && !drag.moved && e.target === canvas) {
    const x = e.clientX - canvas.getBoundingClientRect().left;
    if (view.hover >= 0) gotoEvent(M.x[view.hover] === 0 ? M.ee[view.hover] : M.se[view.hover]);
    else setCursor(eventIndexAtTime(timeAt(x)), false);
  }
  drag = null;
});
stage.addEventListener('wheel', e => {
  if (e.altKey) return;  // Scrolls.
  e.preventDefault();
  const span = view.t1 - view.t0;
  if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
    const shift = (e.deltaX || e.deltaY) / laneWidth * span;
    setView(view.t0 + shift, view.t1 + shift);
  } else {
    zoom(Math.exp(Math.max(-300, Math.min(300, e.deltaY)) / 400), timeAt(e.clientX - canvas.getBoundingClientRect().left));
  }
}, {passive: false});
let sliding = false;
function slide(e) {
  const box = overview.getBoundingClientRect();
  const t = START + (e.clientX - box.left) / box.width * (END - START), span = view.t1 - view.t0;
  setView(t - span / 2, t + span / 2);
}
overview.addEventListener('mousedown', e => { sliding = true; slide(e); });
window.addEventListener('mousemove', e => { if (sliding) slide(e); });
window.addEventListener('mouseup', () => { sliding = false; });
$('scrubber').addEventListener('input', () => setCursor(Number($('scrubber').value), true));
$('back').onclick = e => setCursor(view.cursor - (e.shiftKey ? 100 : 1), true);
$('forth').onclick = e => setCursor(view.cursor + (e.shiftKey ? 100 : 1), true);
$('in').onclick = () => zoom(0.5, E.t[view.cursor]);
$('out').onclick = () => zoom(2, E.t[view.cursor]);
$('fit').onclick = () => setView(START, END);
$('goto').onclick = gotoViolation;
$('search').addEventListener('input', find);
$('next').onclick = () => showHit(view.hit + 1);
$('previous').onclick = () => showHit(view.hit - 1);
window.addEventListener('keydown', e => {
  if (e.target === $('search')) {
    if (e.key === 'Enter') showHit(view.hit + (e.shiftKey ? -1 : 1));
    if (e.key === 'Escape') $('search').blur();
    return;
  }
  const step = e.shiftKey ? 100 : 1;
  const keys = {ArrowLeft: () => setCursor(view.cursor - step, true), ArrowRight: () => setCursor(view.cursor + step, true),
    '+': () => zoom(0.5, E.t[view.cursor]), '=': () => zoom(0.5, E.t[view.cursor]), '-': () => zoom(2, E.t[view.cursor]),
    f: () => setView(START, END), v: gotoViolation, '/': () => $('search').focus()};
  if (!keys[e.key] || e.ctrlKey || e.metaKey) return;
  e.preventDefault();
  keys[e.key]();
});
window.addEventListener('resize', redraw);

// ---- Head and legend
$('verdict').textContent = D.violation === '' ? 'ok' : 'VIOLATION';
$('verdict').classList.toggle('bad', D.violation !== '');
$('title').textContent = D.title;
$('violation').textContent = D.violation;
$('description').textContent = D.description;
$('command').textContent = D.command;
$('facts').textContent = `${D.lastEvent} events in ${seconds(D.end)}, hash ${D.hash}` +
  (D.droppedEvents > 0 ? `; the first ${D.droppedEvents} events (until ${seconds(D.droppedUntil)}) are not on this page` : '');
$('goto').hidden = D.violation === '';
for (const group of GROUPS) {
  const count = D.messages.k.filter(k => GROUPS[GROUP_OF[k]] === group).length;
  if (count === 0) continue;
  const item = element('label'), box = element('input'), swatch = element('i');
  box.type = 'checkbox';
  box.checked = group.on;
  box.onchange = () => { group.on = box.checked; redraw(); };
  swatch.style.background = group.color;
  item.title = `${count} messages`;
  item.append(box, swatch, group.name);
  $('legend').append(item);
}
$('scrubber').max = String(Math.max(0, E.count - 1));
if (D.violation === '') {
  setView(START, END);
  setCursor(E.count - 1, false);
} else {
  gotoViolation();
}
