import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcer } from '../lib/models/announcer.js';
import { fits, lackingBytes, serves } from '../lib/models/fit.js';
import {
  lastPart,
  parametersText,
  sizeText,
  timeLeft,
  titleOf
} from '../lib/models/words.js';

const trans = {
  __: (text, ...values) =>
    text.replace(/%(\d)/g, (_, number) => values[number - 1]),
  _n: (one, many, count) => (count === 1 ? one : many).replace('%1', count)
};

test('sizes as the Hub counts them', () => {
  const sizes = [0, 999, 1000, 1_234_567, 999_600_000, 12_124_785_312, 5e14];
  assert.deepEqual(sizes.map(sizeText), [
    '0 B',
    '999 B',
    '1 kB',
    '1 MB',
    '1.0 GB',
    '12.1 GB',
    '500 TB'
  ]);
  assert.equal(parametersText(3_030_371_328, trans), '3.0 billion parameters');
  assert.equal(parametersText(5_850_496, trans), '6 million parameters');
});

test('time that is left', () => {
  const told = [0, 12, 60, 371, 3599, 3700].map(s => timeLeft(s, trans));
  assert.deepEqual(told, [
    'less than 10 s left',
    'less than 20 s left',
    'about 1 minute left',
    'about 6 minutes left',
    'about 1 h 0 min left',
    'about 1 h 2 min left'
  ]);
});

test('a title, or the last part of a name', () => {
  const entries = [{ weights: 'a/b', title: 'B' }];
  assert.equal(titleOf('a/b', entries), 'B');
  assert.equal(titleOf('/data/mine/', entries), 'mine');
  assert.equal(titleOf('bigcode/starcoder2-7b', entries), 'StarCoder2-7B');
  assert.equal(titleOf('x/starchat2-15b-v0.1', []), 'StarChat2-15B-v0.1');
  assert.equal(lastPart('C:\\data\\mine'), 'mine');
});

test('what fits and has room', () => {
  assert.ok(fits({ memory: [] }));
  assert.ok(fits({ memory: [{ fits: false }, { fits: true }] }));
  assert.ok(!fits({ memory: [{ fits: false }] }));
  assert.ok(serves('chat', { kind: 'chat' }) && serves('ghost', undefined));
  assert.ok(!serves('ghost', { kind: 'instruct' }));
  const entry = { weights: 'a/b', download_bytes: 100 };
  const machine = { disk_free_bytes: 30 };
  const lacking = downloads => lackingBytes(entry, { downloads, machine });
  assert.equal(lacking([]), 70);
  assert.equal(lacking([{ weights: 'a/b', done: 60 }]), 10);
  assert.equal(lacking([{ weights: 'a/b', done: 80 }]), 0);
});

test('progress is announced from time to time, a new state at once', () => {
  let now = 0;
  const announcer = new Announcer(() => now);
  const heard = [];
  for (; now < 25_000; now += 500) {
    announcer.tell('a', 'running', `${now}`);
    heard.push(announcer.text);
  }
  assert.deepEqual([...new Set(heard)], ['0', '10000', '20000']);
  announcer.tell('a', 'paused', 'paused');
  assert.equal(announcer.text, 'paused');
  announcer.know('b', 'off', 'b is off');
  announcer.tell('b', 'off', 'b is off');
  now += 60_000;
  announcer.tell('b', 'off', 'b is off');
  assert.equal(announcer.text, 'paused');
  announcer.tell('b', 'running', 'b');
  assert.equal(announcer.text, 'b');
});
