import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOfFile } from '../lib/completion/language.js';
import { around } from '../lib/completion/window.js';

test('a small file is sent whole', () => {
  const source = 'a = 1\nb = 2\n';
  assert.deepEqual(around(source, 7), { source, cursor: 7 });
  assert.deepEqual(around('', 0), { source: '', cursor: 0 });
});

test('of a large file, whole lines around the cursor', () => {
  const source = 'value = 1\n'.repeat(1e5);
  const half = source.length / 2 + 3;
  for (const cursor of [0, half, source.length]) {
    const part = around(source, cursor);
    const start = cursor - part.cursor;
    assert.ok(source.startsWith(part.source, start));
    assert.equal(start % 10, 0);
    assert.equal(part.source.length % 10, 0);
    assert.ok(part.source.length <= 144 * 1024);
    const before = Math.min(cursor, 96 * 1024 - 10);
    assert.ok(part.cursor >= before);
  }
});

test('its beginning holds still while the user types', () => {
  const source = 'value = 1\n'.repeat(3e4);
  const starts = new Set();
  for (let typed = 0; typed < 2000; typed++) {
    const cursor = source.length + typed;
    starts.add(cursor - around(source + 'x'.repeat(typed), cursor).cursor);
  }
  assert.ok(starts.size <= 2);
});

test('one endless line is cut where it must be', () => {
  const part = around('x'.repeat(1e6), 5e5);
  assert.equal(part.source.length - part.cursor, 16 * 1024);
  assert.ok(part.cursor >= 96 * 1024 && part.cursor < 128 * 1024);
  // A line end just before or after the cursor only.
  const split = around(`${'x'.repeat(5e5)}\n${'y'.repeat(5e5)}`, 5e5 + 1);
  assert.ok(split.source.length <= 144 * 1024 && split.cursor >= 0);
});

test('languages are called as kernels call them', () => {
  const names = {
    'text/x-python': 'python',
    'text/x-ipython': 'python',
    'text/x-rsrc': 'r',
    'text/x-julia': 'julia',
    'text/x-ipythongfm': 'markdown',
    'text/x-markdown': 'markdown',
    'text/javascript': 'javascript',
    'application/typescript': 'typescript',
    'text/x-c++src': 'c++',
    'text/x-sh': 'bash',
    'application/sql': 'sql',
    'application/vnd.coffeescript': 'coffeescript',
    'text/x-yaml; charset=utf-8': 'yaml'
  };
  for (const [mimeType, name] of Object.entries(names)) {
    assert.equal(languageOfFile(mimeType, 'folder.d/file'), name);
  }
  assert.equal(languageOfFile('text/plain', 'a.b/main.Zig'), 'zig');
  assert.equal(languageOfFile('text/plain', 'a.b/Makefile'), 'text');
});
