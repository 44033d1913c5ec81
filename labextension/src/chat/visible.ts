/**
 * Characters that hide what a text says: terminal escapes, characters without
 * width, and such as change the direction of text. One variation selector after
 * a character chooses how an emoji looks; more of them carry something.
 */
const HIDDEN =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]|(?<=[\ufe00-\ufe0f])[\ufe0e\ufe0f]/gu;

/** `text` with hidden characters as escapes; line ends and tabs stay. */
export function visible(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(HIDDEN, character => escapeOf(character.codePointAt(0) ?? 0));
}

function escapeOf(code: number): string {
  const digits = code.toString(16);
  if (code < 0x100) {
    return `\\x${digits.padStart(2, '0')}`;
  }
  return code < 0x10000
    ? `\\u${digits.padStart(4, '0')}`
    : `\\U${digits.padStart(8, '0')}`;
}
