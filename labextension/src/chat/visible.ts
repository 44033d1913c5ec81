/**
 * Characters that hide what a text says: terminal escapes, characters without
 * width, and such as change the direction of text.
 */
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `text` with hidden characters as escapes; line ends and tabs stay. */
export function visible(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(HIDDEN, character => escapeOf(character.charCodeAt(0)));
}

function escapeOf(code: number): string {
  const digits = code.toString(16);
  return code < 256
    ? `\\x${digits.padStart(2, '0')}`
    : `\\u${digits.padStart(4, '0')}`;
}
