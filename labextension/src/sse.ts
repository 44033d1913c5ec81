/**
 * Read the `data:` payloads of a server-sent event stream.
 *
 * Comment lines (heartbeats) and other fields are skipped. Leaving the
 * generator early cancels the body, which closes the connection.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>
): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      pending += done
        ? decoder.decode()
        : decoder.decode(value, { stream: true });
      const blocks = pending.split(/\r?\n\r?\n/);
      pending = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = dataOf(block);
        if (data) {
          yield data;
        }
      }
      if (done) {
        return;
      }
    }
  } finally {
    // Rejects when the request was aborted: the connection is closed already.
    reader.cancel().catch(() => undefined);
  }
}

function dataOf(block: string): string {
  return block
    .split(/\r?\n/)
    .filter(line => line.startsWith('data:'))
    .map(line => line.slice(5).replace(/^ /, ''))
    .join('\n');
}
