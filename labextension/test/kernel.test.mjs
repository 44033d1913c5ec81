import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { CellLedger } from '../lib/completion/cells.js';
import { describe } from '../lib/kernel/runs.js';
import { textOf } from '../lib/kernel/text.js';

const stream = (text, name = 'stdout') => ({
  output_type: 'stream',
  name,
  text
});
const shown = (...outputs) => textOf(outputs).output;

test('text output is kept, pictures, pages and warnings are not', () => {
  assert.equal(shown(stream(['a\n', 'b']), stream('c', 'stderr')), 'a\nb');
  const table = { 'text/plain': ['  a'], 'text/html': '<table>' };
  assert.equal(shown({ output_type: 'execute_result', data: table }), '  a');
  const figure = { 'text/plain': '<Figure>', 'image/png': '' };
  assert.equal(shown({ output_type: 'display_data', data: figure }), '');
  assert.equal(shown(stream('a'), stream('b\n'), stream('c')), 'a\nb\nc');
});

test('terminal codes are removed and lengths bounded', () => {
  const link = '\u001b]8;;http://x\u001b\\here\u001b]8;;\u0007';
  assert.equal(shown(stream(`\u001b[31mred\u001b[0m ${link}`)), 'red here');
  assert.equal(shown(stream('x'.repeat(1e6)), stream('y')).length, 2000);
  assert.equal(shown(stream(`${'x'.repeat(1999)}😀`)).at(-1), '\uFFFD');
  const evalue = `\u001b[1mno\u001b[0m${'!'.repeat(900)}`;
  const { error } = textOf([{ output_type: 'error', ename: 'Oops', evalue }]);
  assert.match(error, /^Oops: no!+$/);
  assert.equal(error.length, 500);
});

const runs = (count, output) =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      `cell-${index}`,
      { id: `cell-${index}`, order: count - index, sha: 'a'.repeat(64), output }
    ])
  );

test('a state is ordered and named by its sha', () => {
  assert.equal(describe(new Map(), null), null);
  assert.equal(
    describe(new Map(), { execution_count: 1, variables: [] }),
    null
  );
  const { sha, source } = describe(runs(2, 'é'), null);
  assert.equal(sha, createHash('sha256').update(source, 'utf8').digest('hex'));
  assert.deepEqual(
    JSON.parse(source).runs.map(({ order }) => order),
    [1, 2]
  );
});

test('a large state loses its older outputs first', () => {
  const state = describe(runs(100, 'x'.repeat(2000)), null);
  const kept = JSON.parse(state.source).runs.map(run => run.output.length > 0);
  assert.equal(kept.filter(Boolean).length, 32);
  assert.ok(kept.slice(-32).every(Boolean));
  const variables = [{ name: '"'.repeat(190000), type: 'x' }];
  const huge = describe(runs(3000, 'x'), { execution_count: 1, variables });
  assert.ok(huge.bytes <= 900 * 1024);
  assert.equal(JSON.parse(huge.source).runs.at(-1).order, 3000);
});

test('a state is sent once, and again when the server lacks it', () => {
  const ledger = new CellLedger();
  const state = describe(runs(1, ''), null);
  assert.equal(ledger.encodeState(state).source, state.source);
  ledger.sent([ledger.encodeState(state)]);
  assert.deepEqual(ledger.encodeState(state), { sha: state.sha });
  ledger.forget([state.sha]);
  assert.equal(ledger.encodeState(state).source, state.source);
});
