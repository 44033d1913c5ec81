/** More before the cursor, and after it, than any prompt holds: characters. */
const BEFORE = 96 * 1024;
const AFTER = 16 * 1024;

/** The window begins near a multiple of this, so that it holds still while the user types. */
const STEP = 32 * 1024;

/**
 * The part of a text around the cursor, in whole lines where lines are not
 * too long for that. However it is encoded, it fits into a request.
 */
export function around(
  source: string,
  cursor: number
): { source: string; cursor: number } {
  let start = Math.floor(Math.max(0, cursor - BEFORE) / STEP) * STEP;
  if (start > 0) {
    const line = source.indexOf('\n', start - 1) + 1;
    start = line > 0 && line <= cursor ? line : start;
  }
  let end = Math.min(source.length, cursor + AFTER);
  if (end < source.length) {
    const line = source.lastIndexOf('\n', end - 1) + 1;
    end = line > cursor ? line : end;
  }
  return { source: source.slice(start, end), cursor: cursor - start };
}
