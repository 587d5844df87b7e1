// Comparing two SPARQL results: as multisets of rows or in order, blank nodes equal up to their names. No dependency, so that
// rows_test.mjs can test it anywhere.
//
// A term is in SPARQL 1.1 JSON form: {type: 'uri' | 'literal' | 'bnode', value, datatype?, 'xml:lang'?}. A row is an array of
// terms, undefined where a variable is unbound.

const XSD = 'http://www.w3.org/2001/XMLSchema#';
// Twelve significant digits: beyond them stores differ in how far they carry a division (AVG).
const SIGNIFICANT_DIGITS = 12;
// Oxigraph makes xsd:integer of these.
const DERIVED_INTEGERS = new Set(['nonNegativeInteger', 'positiveInteger', 'nonPositiveInteger', 'negativeInteger', 'long', 'int',
  'short', 'byte', 'unsignedLong', 'unsignedInt', 'unsignedShort', 'unsignedByte'].map((name) => XSD + name));
const BACKTRACKING_STEPS_MAX = 10000;

function normalizeNumber(text) {
  const number = Number(text);
  return Number.isFinite(number) ? String(Number(number.toPrecision(SIGNIFICANT_DIGITS))) : text;
}

// Oxigraph keeps the value of numbers, booleans and dates, not how they were written ("01" comes back as "1"): what
// both stand for is compared. Everything else is compared byte by byte.
function normalizeLexical(value, datatype) {
  switch (datatype) {
    case XSD + 'integer':
      return /^[+-]?[0-9]+$/.test(value) ? String(BigInt(value.replace(/^\+/, ''))) : value;
    case XSD + 'decimal':
      return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(value) ? normalizeNumber(value) : value;
    case XSD + 'double':
    case XSD + 'float':
      if (/^[+-]?INF$/.test(value)) return value.replace('+', '');
      return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(value) ? normalizeNumber(value) : value;
    case XSD + 'boolean':
      return value === '1' ? 'true' : value === '0' ? 'false' : value;
    case XSD + 'date':
      return value.replace(/[+-]00:00$/, 'Z');
    case XSD + 'dateTime':
      return value.replace(/(\.[0-9]*?)0+(?=Z|[+-]|$)/, '$1').replace(/\.(?=Z|[+-]|$)/, '').replace(/[+-]00:00$/, 'Z');
    default:
      return value;
  }
}

// The key of a term; a blank node's starts with '_:' and is its label, to be replaced by a colour.
export function termKey(term) {
  if (term === undefined) return 'unbound';
  if (term.type === 'uri') return `<${term.value}>`;
  if (term.type === 'bnode') return `_:${term.value}`;
  const language = term['xml:lang'];
  if (language) return `${JSON.stringify(term.value)}@${language.toLowerCase()}`;
  let datatype = term.datatype ?? XSD + 'string';
  if (DERIVED_INTEGERS.has(datatype)) datatype = XSD + 'integer';
  return `${JSON.stringify(normalizeLexical(term.value, datatype))}^^<${datatype}>`;
}

const isBlank = (key) => key.startsWith('_:');

// A small string hash (FNV-1a, 2 x 32 bits): colours stay short however often they are refined.
function hash(text) {
  let a = 0x811c9dc5, b = 0x01000193;
  for (let i = 0; i < text.length; ++i) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b) ^ (b >>> 13);
  }
  return (a >>> 0).toString(16) + (b >>> 0).toString(16);
}

const paint = (row, colours) => row.map((key) => (isBlank(key) ? `*${colours.get(key)}` : key));

// Colour refinement: a blank node's colour becomes the hash of the rows it stands in, until no class splits any more.
function refine(rows, colours) {
  let classes = new Set(colours.values()).size;
  for (;;) {
    const seen = new Map([...colours.keys()].map((label) => [label, []]));
    for (const row of rows) {
      const painted = paint(row, colours);
      for (const label of new Set(row.filter(isBlank))) {
        seen.get(label).push(row.map((key, i) => (key === label ? '*self' : painted[i])).join('\t'));
      }
    }
    colours = new Map([...colours].map(([label, colour]) => [label, hash(colour + '\n' + seen.get(label).sort().join('\n'))]));
    const now = new Set(colours.values()).size;
    if (now === classes) return colours;
    classes = now;
  }
}

function multisetDifference(ours, theirs) {
  const counts = new Map();
  for (const row of ours) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const row of theirs) counts.set(row, (counts.get(row) ?? 0) - 1);
  const surplus = [], missing = [];
  for (const [row, count] of counts) {
    if (count > 0) surplus.push(row);
    if (count < 0) missing.push(row);
  }
  if (surplus.length + missing.length === 0) return null;
  const show = (rows) => rows.slice(0, 3).map((row) => row.replaceAll('\t', '  ')).join(' | ');
  return `${surplus.length} rows too many${surplus.length ? ` (${show(surplus)})` : ''}, ` +
    `${missing.length} missing${missing.length ? ` (${show(missing)})` : ''}`;
}

function match(ours, theirs, oursColours, theirsColours, budget) {
  if (--budget.steps < 0) throw new Error('too many look-alike blank nodes to tell apart');
  oursColours = refine(ours, oursColours);
  theirsColours = refine(theirs, theirsColours);
  const difference = multisetDifference(
    ours.map((row) => paint(row, oursColours).join('\t')), theirs.map((row) => paint(row, theirsColours).join('\t')));
  if (difference) return difference;
  const classes = new Map();
  for (const [label, colour] of oursColours) classes.set(colour, [...(classes.get(colour) ?? []), label]);
  const ambiguous = [...classes].find(([, labels]) => labels.length > 1);
  if (!ambiguous) return null;
  // Single out one of ours and try it against each of theirs that looks the same.
  const [colour, [chosen]] = ambiguous;
  let last = null;
  for (const [label, candidate] of theirsColours) {
    if (candidate !== colour) continue;
    last = match(ours, theirs, new Map(oursColours).set(chosen, 'chosen'), new Map(theirsColours).set(label, 'chosen'), budget);
    if (last === null) return null;
  }
  return last;
}

const start = (rows) => new Map(rows.flat().filter(isBlank).map((label) => [label, '0']));

// Null when the two are equal, else what differs. `ordered`: the rows' order counts, too.
export function compareRows(ours, theirs, ordered) {
  const oursKeys = ours.map((row) => row.map(termKey));
  const theirsKeys = theirs.map((row) => row.map(termKey));
  if (oursKeys.length !== theirsKeys.length) {
    return `${oursKeys.length} rows, expected ${theirsKeys.length}: ` +
      (multisetDifference(oursKeys.map((row) => row.join('\t')), theirsKeys.map((row) => row.join('\t'))) ?? '');
  }
  // In order, the row's number is one more ground column.
  const number = (rows) => (ordered ? rows.map((row, i) => [String(i), ...row]) : rows);
  return match(number(oursKeys), number(theirsKeys), start(oursKeys), start(theirsKeys), { steps: BACKTRACKING_STEPS_MAX });
}

// Two parsed application/sparql-results+json documents.
export function compareResults(ours, theirs, ordered) {
  if (theirs.boolean !== undefined) {
    return ours.boolean === theirs.boolean ? null : `${ours.boolean}, expected ${theirs.boolean}`;
  }
  if (!Array.isArray(ours.results?.bindings)) return 'no results.bindings in the answer';
  const variables = [...theirs.head.vars].sort();
  if ([...(ours.head?.vars ?? [])].sort().join(' ') !== variables.join(' ')) {
    return `variables ${ours.head?.vars}, expected ${theirs.head.vars}`;
  }
  const rows = (result) => result.results.bindings.map((binding) => variables.map((name) => binding[name]));
  return compareRows(rows(ours), rows(theirs), ordered);
}
