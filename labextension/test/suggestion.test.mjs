import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Suggestion } from '../lib/completion/suggestion.js';

const BEFORE = 'x = 1\ndef ';
const AFTER = '\ny = 2';

function suggestion(text = '') {
  const made = new Suggestion('c1', BEFORE + AFTER, BEFORE.length);
  made.append(text);
  return made;
}

/** What is left after `typed` stands at the place of the request. */
function rest(made, typed, { cell = 'c1', after = AFTER } = {}) {
  const source = BEFORE + typed + after;
  return made.remaining(cell, source, BEFORE.length + typed.length);
}

test('typing through leaves the rest, also while text arrives', () => {
  const made = suggestion('fib');
  assert.equal(rest(made, ''), 'fib');
  assert.equal(rest(made, 'fi'), 'b');
  made.append('onacci(n)');
  assert.equal(rest(made, 'fi'), 'bonacci(n)');
  assert.equal(rest(made, 'f'), 'ibonacci(n)');
});

test('going another way ends it', () => {
  const made = suggestion('fib');
  assert.equal(rest(made, 'x'), null);
  assert.equal(rest(made, 'fibo'), null, 'typed further than the text so far');
  assert.equal(rest(made, 'f', { cell: 'c2' }), null);
  assert.equal(rest(made, 'f', { after: ')' + AFTER }), null);
  assert.equal(made.remaining('c1', BEFORE + AFTER, 3), null, 'cursor before');
  const edited = `# ${BEFORE}f${AFTER}`;
  assert.equal(made.remaining('c1', edited, BEFORE.length + 1), null);
});

test('waiting ends with each piece and with the end', async () => {
  const made = suggestion();
  const first = made.changed;
  made.append('a');
  await first;
  const second = made.changed;
  made.finish('broken');
  await second;
  await made.changed;
  made.append('late');
  made.finish();
  assert.deepEqual(
    [made.text, made.finished, made.error],
    ['a', true, 'broken']
  );
});

test('the end says what is kept', async () => {
  const made = suggestion('fibonacci(n)))');
  const { changed } = made;
  made.settle('fibonacci(n)');
  await changed;
  assert.equal(rest(made, 'f'), 'ibonacci(n)');
  assert.equal(made.finished, true);
  made.settle('late');
  assert.equal(made.text, 'fibonacci(n)');
});

test('a suggestion that is withdrawn leaves nothing', () => {
  const made = suggestion('fib = = ');
  made.settle('');
  assert.equal(rest(made, ''), '');
  assert.equal(rest(made, 'f'), null, 'what was typed along stays');
});
