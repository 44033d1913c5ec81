import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTypesettable, mathematics } from '../lib/chat/mathematics.js';
import { visible } from '../lib/chat/visible.js';

test('hidden characters become escapes', () => {
  assert.equal(visible('x = 1\r\n\ty'), 'x = 1\n\ty');
  assert.equal(visible('\x1b[31mred'), '\\x1b[31mred');
  assert.equal(visible("a\u202e'b\u200b"), "a\\u202e'b\\u200b");
  assert.equal(visible('é漢😀❤️'), 'é漢😀❤️');
  assert.equal(visible('a\u206ab\u3164'), 'a\\u206ab\\u3164');
  assert.equal(visible('a\u{e0041}'), 'a\\U000e0041');
  assert.equal(visible('a\ufe0f\ufe0f'), 'a\ufe0f\\ufe0f');
});

test('formulas that could link, style or define are not typeset', () => {
  for (const source of [
    '$\\href{https://evil.example}{x}$',
    '$\\HREF{x}{y}$',
    '$\\style{color:red}{x}$',
    '$\\def\\x{y}$',
    '$\\let\\x\\href$',
    '$\\csname href\\endcsname{x}$',
    '$\\require{html}$',
    `$${'x'.repeat(3000)}$`
  ]) {
    assert.equal(isTypesettable(source), false, source);
  }
  for (const source of ['$x^2$', '$\\sqrt{x}$', '$\\left(\\delta\\right)$']) {
    assert.equal(isTypesettable(source), true, source);
  }
});

test('money is no mathematics', () => {
  const found = source => mathematics.tokenizer(source)?.raw;
  assert.equal(found('$x$ and more'), '$x$');
  assert.equal(found('$$x\ny$$ and more'), '$$x\ny$$');
  assert.equal(found('$5 and $6'), undefined);
  assert.equal(found('$ x$'), undefined);
});
