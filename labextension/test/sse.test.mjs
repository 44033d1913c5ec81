import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvents } from '../lib/sse.js';

async function read(...chunks) {
  const events = [];
  for await (const data of readEvents(ReadableStream.from(chunks))) {
    events.push(data);
  }
  return events;
}

test('events survive any cut, also within a character', async () => {
  const bytes = new TextEncoder().encode(
    'data: {"text":"é😀"}\n\n: \n\ndata: 2\n\n'
  );
  const single = [...bytes].map(byte => Uint8Array.of(byte));
  assert.deepEqual(await read(...single), ['{"text":"é😀"}', '2']);
  assert.deepEqual(await read(bytes), ['{"text":"é😀"}', '2']);
});

test('heartbeats, other fields and an unfinished event are skipped', async () => {
  const text = ': \r\n\r\nevent: x\r\ndata:1\r\n\r\ndata: cut';
  assert.deepEqual(await read(new TextEncoder().encode(text)), ['1']);
});

test('leaving early cancels the body', async () => {
  let cancelled = false;
  const body = new ReadableStream({
    pull: controller =>
      controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel: () => void (cancelled = true)
  });
  for await (const data of readEvents(body)) {
    assert.equal(data, '1');
    break;
  }
  assert.ok(cancelled);
});
