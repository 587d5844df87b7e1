// Asks QuadRaft and the npm package oxigraph the same queries over the same files and compares the answers. Started by
// tools/compare/compare, which installs oxigraph and names the files.
//
//   node compare.mjs --modules DIR [--endpoint URL | --oracle-only] [--query NAME]... FILE...
//
// One line for each query, at the end "N passed, N failed"; exit 1 when one failed, 2 when it could not be tried.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

import { compareResults, compareRows } from './rows.mjs';

const QUERY_TIMEOUT_MS = 60000;
const SYNTAXES = { '.nt': 'application/n-triples', '.nq': 'application/n-quads', '.ttl': 'text/turtle', '.trig': 'application/trig' };
const JSON_RESULTS = 'application/sparql-results+json';
const COUNT_QUERY = 'SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }';

function parseArguments(list) {
  const options = { endpoint: 'http://127.0.0.1:8001', oracleOnly: false, queries: [], files: [], modules: '.' };
  for (let i = 0; i < list.length; ++i) {
    if (list[i] === '--endpoint') options.endpoint = list[++i];
    else if (list[i] === '--modules') options.modules = list[++i];
    else if (list[i] === '--query') options.queries.push(list[++i]);
    else if (list[i] === '--oracle-only') options.oracleOnly = true;
    else if (list[i].startsWith('-')) throw new Error(`unknown option ${list[i]}`);
    else options.files.push(list[i]);
  }
  options.endpoint = options.endpoint.replace(/\/(sparql)?$/, '');
  return options;
}

// Each file's blank nodes are its own: oxigraph renames them at each load.
function loadStore(oxigraph, files) {
  const store = new oxigraph.Store();
  for (const file of files) {
    const format = SYNTAXES[path.extname(file)];
    if (!format) throw new Error(`${file}: the ending says no syntax`);
    store.load(fs.readFileSync(file), { format, base_iri: `file://${path.resolve(file)}` });
  }
  return store;
}

// One connection for each query: an idle one may be closed by the server while oxigraph keeps this process busy.
function post(endpoint, query, accept) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/sparql-query', accept, 'content-length': Buffer.byteLength(query) };
    const request = http.request(`${endpoint}/sparql`, { method: 'POST', headers, agent: false }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        if (response.complete) resolve({ response, body: Buffer.concat(pieces).toString('utf8') });
        else reject(new Error('the answer broke off'));
      });
    });
    request.setTimeout(QUERY_TIMEOUT_MS, () => request.destroy(new Error(`no answer within ${QUERY_TIMEOUT_MS} ms`)));
    request.on('error', reject);
    request.end(query);
  });
}

async function ask(endpoint, query, accept) {
  const { response, body } = await post(endpoint, query, accept);
  if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}: ${body.trim().slice(0, 300)}`);
  const type = (response.headers['content-type'] ?? '').split(';')[0].trim();
  if (type !== accept) throw new Error(`content-type ${type}, expected ${accept}`);
  return body;
}

function termOf(term) {
  if (term.termType === 'NamedNode') return { type: 'uri', value: term.value };
  if (term.termType === 'BlankNode') return { type: 'bnode', value: term.value };
  return { type: 'literal', value: term.value, datatype: term.datatype.value, 'xml:lang': term.language };
}
const rowOf = (quad) => [termOf(quad.subject), termOf(quad.predicate), termOf(quad.object)];

// What the store answers: {rows} for how much there is, {check(endpoint)} for what differs (null: nothing).
function expectation(oxigraph, store, query) {
  const text = query.replace(/^\s*#.*$/gm, '');
  if (/\bCONSTRUCT\b/i.test(text)) {
    const expected = store.query(query).map(rowOf);
    return {
      rows: expected.length,
      async check(endpoint) {
        const body = await ask(endpoint, query, 'application/n-triples');
        const seen = new Map(oxigraph.parse(body, { format: 'application/n-triples' }).map((quad) => [quad.toString(), quad]));
        return compareRows([...seen.values()].map(rowOf), expected, false);
      },
    };
  }
  const expected = JSON.parse(store.query(query, { results_format: JSON_RESULTS }));
  // Every ORDER BY of queries/ is total: the rows have one order. One inside a subquery orders nothing outside.
  const modifiers = text.slice(text.lastIndexOf('}') + 1);
  return {
    rows: expected.boolean === undefined ? expected.results.bindings.length : 1,
    async check(endpoint) {
      return compareResults(JSON.parse(await ask(endpoint, query, JSON_RESULTS)), expected, /\bORDER\s+BY\b/i.test(modifiers));
    },
  };
}

async function runQuery(oxigraph, store, options, name, query) {
  const started = performance.now();
  const { rows, check } = expectation(oxigraph, store, query);
  const oracleMs = performance.now() - started;
  if (rows === 0) return { error: 'oxigraph answers with nothing, so the query proves nothing' };
  if (options.oracleOnly) return { note: `${rows} rows, oxigraph ${oracleMs.toFixed(0)} ms` };
  const asked = performance.now();
  const error = await check(options.endpoint);
  return { error, note: `${rows} rows, ${(performance.now() - asked).toFixed(0)} ms, oxigraph ${oracleMs.toFixed(0)} ms` };
}

async function main() {
  const options = parseArguments(process.argv.slice(2));
  const oxigraph = createRequire(path.join(path.resolve(options.modules), 'package.json'))('oxigraph');
  const folder = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'queries');
  const store = loadStore(oxigraph, options.files);
  console.log(`compare: ${options.files.length} files, ${store.size} quads in oxigraph`);
  const queries = [['all-quads', COUNT_QUERY]];
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.rq')).sort()) {
    queries.push([path.basename(file, '.rq'), fs.readFileSync(path.join(folder, file), 'utf8')]);
  }
  const chosen = queries.filter(([name]) => options.queries.length === 0 || options.queries.includes(name));
  if (chosen.length === 0) throw new Error(`no query is called ${options.queries.join(' or ')}`);
  let failed = 0;
  for (const [name, query] of chosen) {
    let outcome;
    try {
      outcome = await runQuery(oxigraph, store, options, name, query);
    } catch (error) {
      outcome = { error: error.message || error.code || String(error) };
    }
    if (outcome.error) ++failed;
    console.log(outcome.error ? `FAIL  ${name}: ${outcome.error}` : `ok    ${name} (${outcome.note})`);
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`compare: ${error.message}`);
  process.exitCode = 2;
}
