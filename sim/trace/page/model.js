'use strict';
// The data of the page and questions to it: which events, messages, roles, log entries there were at
// a time. Times are nanoseconds; processes are numbers of their place in D.nodes; -1 is the world.
const D = JSON.parse(document.getElementById('data').textContent);
const FATES = ['delivered', 'lost on the way', 'not sent: the link is cut', 'not sent: queue full',
  'not sent: the peer is down', 'cut off on its way', 'the peer died before it came', 'still under way at the end'];
const ROLES = ['follower', 'pre-candidate', 'candidate', 'leader'];
const SPAN = {phase: 0, fault: 1, cut: 2, down: 3, paused: 4, operation: 5};
const OUTCOMES = ['ok', 'fail', 'unknown'];
const LEVELS = ['debug', 'info', 'warning', 'error'];
const BIG = 1e18;

const E = {first: D.events.first, count: D.events.t.length};
E.t = new Float64Array(E.count);
for (let i = 0, t = 0; i < E.count; ++i) E.t[i] = t += D.events.t[i];
E.k = Uint8Array.from(D.events.k);
E.n = Int16Array.from(D.events.n);
E.c = Float64Array.from(D.events.c);

const M = {count: D.messages.count, m: D.messages.m};
M.s = Float64Array.from(D.messages.s);
M.e = new Float64Array(M.count);
M.se = Float64Array.from(D.messages.se);
M.ee = new Float64Array(M.count);
for (let i = 0; i < M.count; ++i) {
  M.e[i] = M.s[i] + D.messages.d[i];
  M.ee[i] = M.se[i] + D.messages.ee[i];
}
for (const name of ['f', 'o', 'k', 'x', 'b']) M[name] = Int32Array.from(D.messages[name]);
// Messages come in order of their ends; most questions want the order of sending.
M.bySent = Uint32Array.from({length: M.count}, (_, i) => i).sort((a, b) => M.s[a] - M.s[b] || M.se[a] - M.se[b]);
const BLOCK = 256;  // The latest end within each block of messages by sending: what is over is skipped.
M.blockEnd = new Float64Array(Math.ceil(M.count / BLOCK));
M.bySent.forEach((m, i) => {
  const block = Math.floor(i / BLOCK);
  M.blockEnd[block] = Math.max(M.blockEnd[block], M.e[m]);
});
const L = D.logs;
const SPANS = D.spans.map(s => ({kind: s[0], node: s[1], other: s[2], begin: s[3], end: s[4], beginEvent: s[5],
  endEvent: s[6], outcome: s[7], open: s[8] === 1, id: s[9], text: s[10], result: s[11]}));
const START = E.count > 0 ? E.t[0] : 0;
const END = Math.max(D.end, START + 1);

// The first i in [0, count) for which at(i) >= wanted; count when there is none.
function lowerBound(count, at, wanted) {
  let low = 0, high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(middle) < wanted) low = middle + 1; else high = middle;
  }
  return low;
}
const eventIndexAtTime = t => Math.min(E.count - 1, Math.max(0, lowerBound(E.count, i => E.t[i], t)));
const nodeName = n => n < 0 ? 'world' : D.nodes[n][1];
const isServer = n => D.nodes[n][2] === 1;
const seconds = ns => (ns / 1e9).toFixed(6) + ' s';

// ---- Raft: each server's changes in order, its bands of role and term, its log at any event.
const RAFT = D.nodes.map(() => ({changes: [], bands: [], commits: [], base: null, cache: null, marks: []}));
for (const b of D.base) {
  RAFT[b[0]].base = {role: b[1], term: b[2], vote: b[3], leader: b[4], commit: b[5], snapshot: b[6], first: b[7],
    terms: expand(b[8])};
}
for (const r of D.rafts) {
  RAFT[r[2]].changes.push({t: r[0], event: r[1], role: r[3], term: r[4], vote: r[5], leader: r[6], commit: r[7],
    snapshot: r[8], from: r[9], runs: r[10]});
}
function expand(runs) {
  const terms = [];
  for (let i = 0; i < runs.length; i += 2) for (let j = 0; j < runs[i + 1]; ++j) terms.push(runs[i]);
  return terms;
}
const DOWN = D.nodes.map((_, n) => SPANS.filter(s => s.kind === SPAN.down && s.node === n));
const PAUSED = D.nodes.map((_, n) => SPANS.filter(s => s.kind === SPAN.paused && s.node === n));
const covers = (spans, t) => spans.find(s => s.begin <= t && (t < s.end || s.open));
function makeBands(raft) {
  const all = raft.base ? [Object.assign({t: START}, raft.base), ...raft.changes] : raft.changes;
  for (const change of all) {
    const last = raft.bands[raft.bands.length - 1];
    if (!last || last.role !== change.role || last.term !== change.term) {
      if (last) last.end = change.t;
      raft.bands.push({begin: change.t, end: END, role: change.role, term: change.term});
    }
    const commit = raft.commits[raft.commits.length - 1];
    if (!commit || commit.index !== change.commit) raft.commits.push({t: change.t, index: change.commit});
  }
}
RAFT.forEach(makeBands);

const MARK_EVERY = 500;  // A copy of the log is kept every so many changes.
function applyChange(log, change) {
  const end = log.first + log.terms.length;
  if (change.from < log.first || change.from > end) {
    log.first = change.from;
    log.terms = [];
  }
  log.terms.length = change.from - log.first;
  for (const term of expand(change.runs)) log.terms.push(term);
  const gone = Math.min(log.terms.length, Math.max(0, change.snapshot + 1 - log.first));
  if (gone > 0) {
    log.terms.splice(0, gone);
    log.first += gone;
  }
  if (log.terms.length === 0) log.first = Math.max(log.first, change.snapshot + 1);
}
// The view and log of server n after `event`; null when nothing of it is known yet.
function raftAt(n, event) {
  const raft = RAFT[n];
  const count = lowerBound(raft.changes.length, i => raft.changes[i].event, event + 1);
  if (count === 0 && !raft.base) return null;
  let from = raft.cache && raft.cache.count <= count ? raft.cache : null;
  const mark = raft.marks[Math.floor(count / MARK_EVERY)];
  if (mark && (!from || mark.count > from.count)) from = mark;
  if (!from) {
    for (let i = Math.floor(count / MARK_EVERY); i > 0 && !from; --i) from = raft.marks[i];
  }
  if (!from) from = {count: 0, first: raft.base ? raft.base.first : 1, terms: raft.base ? raft.base.terms : []};
  const log = {count: from.count, first: from.first, terms: from.terms.slice()};
  for (; log.count < count; ++log.count) {
    if (log.count % MARK_EVERY === 0 && !raft.marks[log.count / MARK_EVERY]) {
      raft.marks[log.count / MARK_EVERY] = {count: log.count, first: log.first, terms: log.terms.slice()};
    }
    applyChange(log, raft.changes[log.count]);
  }
  raft.cache = log;
  const view = count > 0 ? raft.changes[count - 1] : raft.base;
  return {role: view.role, term: view.term, vote: view.vote, leader: view.leader, commit: view.commit,
    snapshot: view.snapshot, first: log.first, terms: log.terms,
    changed: count > 0 && raft.changes[count - 1].event === event};
}
const termAt = (log, index) => index < log.first || index >= log.first + log.terms.length ? 0 : log.terms[index - log.first];

// ---- What belongs to an event.
function messagesEndedBy(event) {
  const found = [];
  for (let i = lowerBound(M.count, i => M.ee[i], event); i < M.count && M.ee[i] === event; ++i) found.push(i);
  return found;
}
function messagesSentBy(event) {
  const found = [];
  for (let i = lowerBound(M.count, i => M.se[M.bySent[i]], event); i < M.count && M.se[M.bySent[i]] === event; ++i) {
    found.push(M.bySent[i]);
  }
  return found;
}
function messageLine(m) {
  return `${nodeName(M.f[m])} → ${nodeName(M.o[m])} ${D.messageKinds[M.k[m]]}: ${M.m[m]} (${M.b[m]} bytes)` +
    (M.x[m] === 0 ? '' : ` — ${FATES[M.x[m]]}`);
}

// ---- Search: hits in order of time, each {t, event, what, message?}.
const TEXTS_MAX = 20000;  // Hits; more are counted as "20000+".
function search(query) {
  const text = query.trim();
  if (text === '') return [];
  const number = /^#(\d+)$/.exec(text);
  if (number) return hitOfEvent(Number(number[1]));
  const time = /^([0-9.]+)\s*s$/.exec(text);
  if (time) return E.count === 0 ? [] : hitOfEvent(E.first + eventIndexAtTime(Number(time[1]) * 1e9));
  const wanted = text.toLowerCase();
  const hits = [];
  const full = () => hits.length >= TEXTS_MAX;
  for (let i = 0; i < L.count && !full(); ++i) {
    if ((nodeName(L.n[i]) + ' ' + L.m[i]).toLowerCase().includes(wanted)) hits.push({t: L.t[i], event: L.e[i]});
  }
  for (const s of SPANS) {
    if (!full() && (s.text + ' ' + s.result).toLowerCase().includes(wanted)) hits.push({t: s.begin, event: s.beginEvent});
  }
  for (let i = 0; i < M.count && !full(); ++i) {
    const line = `${nodeName(M.f[i])} ${nodeName(M.o[i])} ${D.messageKinds[M.k[i]]} ${M.m[i]}`;
    if (line.toLowerCase().includes(wanted)) hits.push({t: M.s[i], event: M.se[i], message: i});
  }
  return hits.sort((a, b) => a.t - b.t || a.event - b.event);
}
function hitOfEvent(event) {
  const i = event - E.first;
  return i < 0 || i >= E.count ? [] : [{t: E.t[i], event}];
}
