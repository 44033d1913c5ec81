import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { CellLedger, nearest, wellFormed } from '../lib/completion/cells.js';

const cells = (...sizes) => sizes.map((bytes, id) => ({ id, bytes }));
const ids = chosen => chosen.map(({ id }) => id);

test('the nearest cells that fit, in notebook order', () => {
  const five = cells(1, 1, 1, 1, 1);
  assert.deepEqual(ids(nearest(five, 2)), [0, 1, 2, 3, 4]);
  assert.deepEqual(ids(nearest(five, 2, 3)), [1, 2, 3]);
  assert.deepEqual(ids(nearest(five, 4, 3)), [2, 3, 4]);
  assert.deepEqual(ids(nearest(five, 0, 9, 2)), [0, 1]);
  assert.deepEqual(ids(nearest(cells(1, 9, 1, 1), 2, 9, 4)), [0, 2, 3]);
  assert.deepEqual(nearest(cells(1, 9, 1), 1, 9, 4), []);
  assert.deepEqual(nearest([], -1), []);
});

test('lone surrogates are replaced and offsets kept', () => {
  assert.equal(wellFormed('a\uD83Db😀\uDE00'), 'a\uFFFDb😀\uFFFD');
});

test('hashes what is sent', () => {
  const ledger = new CellLedger();
  const digested = ledger.digest({ id: 'a', kind: 'code', source: 'é\uD83D' });
  const sha = createHash('sha256').update('é\uFFFD', 'utf8').digest('hex');
  assert.equal(digested.sha, sha);
  assert.equal(digested.source, 'é\uFFFD');
  assert.equal(ledger.digest({ ...digested, kind: 'raw' }).kind, 'raw');
});

test('a source is sent once, and again when the server lacks it', () => {
  const ledger = new CellLedger();
  const one = ledger.digest({ id: 'a', kind: 'code', source: 'one' });
  const two = ledger.digest({ id: 'b', kind: 'code', source: 'two' });
  const sources = () => ledger.encode([one, two]).map(({ source }) => source);
  assert.deepEqual(sources(), ['one', 'two']);
  ledger.sent(ledger.encode([one, two]));
  assert.deepEqual(sources(), [undefined, undefined]);
  ledger.forget([two.sha]);
  assert.deepEqual(sources(), [undefined, 'two']);
  ledger.forget();
  assert.deepEqual(sources(), ['one', 'two']);
});
