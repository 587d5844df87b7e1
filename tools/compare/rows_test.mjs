// node --test tools/compare/rows_test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareResults, compareRows, termKey } from './rows.mjs';

const XSD = 'http://www.w3.org/2001/XMLSchema#';
const iri = (value) => ({ type: 'uri', value });
const blank = (value) => ({ type: 'bnode', value });
const text = (value, language) => ({ type: 'literal', value, ...(language && { 'xml:lang': language }) });
const typed = (value, datatype) => ({ type: 'literal', value, datatype: XSD + datatype });

test('rows are a multiset unless ordered', () => {
  const a = [[iri('x')], [iri('y')], [iri('x')]];
  const b = [[iri('y')], [iri('x')], [iri('x')]];
  assert.equal(compareRows(a, b, false), null);
  assert.match(compareRows(a, b, true), /too many/);
  assert.match(compareRows(a, [[iri('y')], [iri('y')], [iri('x')]], false), /1 rows too many.*1 missing/);
  assert.match(compareRows(a, b.slice(1), false), /3 rows, expected 2/);
});

test('kinds of term are never mixed up', () => {
  const terms = [iri('x'), blank('x'), text('x'), text('x', 'en'), typed('x', 'integer'), undefined, typed('1', 'integer'),
    typed('1', 'decimal'), typed('1', 'double'), text('1')];
  for (const [i, a] of terms.entries()) {
    for (const [j, b] of terms.entries()) assert.equal(compareRows([[a]], [[b]], false) === null, i === j, `${i} ${j}`);
  }
  assert.equal(termKey(text('x')), termKey(typed('x', 'string')));
  assert.equal(termKey(text('x', 'EN-gb')), termKey(text('x', 'en-GB')));
});

test('numbers, booleans and instants compare by value', () => {
  for (const [a, b, type] of [['01', '1', 'integer'], ['+1', '1', 'integer'], ['-1.50', '-1.5', 'decimal'],
    ['1E1', '10', 'double'], ['1.0e0', '1', 'float'], ['INF', '+INF', 'double'], ['1', 'true', 'boolean'],
    ['2020-01-01T00:00:00.500Z', '2020-01-01T00:00:00.5+00:00', 'dateTime'], ['2020-01-01T00:00:00.000', '2020-01-01T00:00:00', 'dateTime'],
    ['0.3333333333333333', '0.333333333333333333', 'decimal']]) {
    assert.equal(compareRows([[typed(a, type)]], [[typed(b, type)]], false), null, `${a} ${b}`);
  }
  assert.equal(termKey(typed('01', 'nonNegativeInteger')), termKey(typed('1', 'integer')));
  for (const [a, b, type] of [['1', '2', 'integer'], ['1.01', '1.0', 'decimal'], ['x', '0x', 'integer'], ['1', 'true', 'string'],
    ['100', '1', 'dateTime'], ['12345678901234567890', '12345678901234567891', 'integer']]) {
    assert.notEqual(compareRows([[typed(a, type)]], [[typed(b, type)]], false), null, `${a} ${b}`);
  }
});

test('blank nodes are equal up to their names', () => {
  const edge = (a, b) => [blank(a), blank(b)];
  assert.equal(compareRows([edge('a', 'b')], [edge('x', 'a')], false), null);
  assert.notEqual(compareRows([edge('a', 'b')], [edge('a', 'a')], false), null);
  const hexagon = [edge('a', 'b'), edge('b', 'c'), edge('c', 'd'), edge('d', 'e'), edge('e', 'f'), edge('f', 'a')];
  const turned = [edge('z', 'y'), edge('y', 'x'), edge('x', 'w'), edge('w', 'v'), edge('v', 'u'), edge('u', 'z')];
  const triangles = [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('d', 'e'), edge('e', 'f'), edge('f', 'd')];
  assert.equal(compareRows(hexagon, turned.reverse(), false), null);
  assert.notEqual(compareRows(hexagon, triangles, false), null);
  assert.equal(compareRows([[blank('a')], [blank('b')]], [[blank('b')], [blank('a')]], true), null);
  assert.notEqual(compareRows([[blank('a')], [blank('a')]], [[blank('b')], [blank('a')]], true), null);
});

test('whole results', () => {
  const result = (vars, ...bindings) => ({ head: { vars }, results: { bindings } });
  assert.equal(compareResults(result(['b', 'a'], { a: iri('x') }), result(['a', 'b'], { a: iri('x') }), true), null);
  assert.match(compareResults(result(['a']), result(['b']), false), /variables a, expected b/);
  assert.match(compareResults({ error: 'x' }, result(['b']), false), /no results/);
  assert.equal(compareResults({ boolean: true }, { boolean: true }, false), null);
  assert.match(compareResults({ boolean: false }, { boolean: true }, false), /false, expected true/);
  assert.match(compareResults({}, { boolean: true }, false), /undefined, expected true/);
});
