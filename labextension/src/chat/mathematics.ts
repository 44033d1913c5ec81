import type { Token, TokenizerAndRendererExtension } from 'marked';

/** Mathematics in a reply; `text` includes its delimiters. */
export interface IMathToken {
  type: 'math';
  raw: string;
  text: string;
  display: boolean;
}

/**
 * What a formula must not contain to be typeset: commands that make links,
 * styles, classes or ids, load code, or define commands that could.
 */
const FORBIDDEN =
  /\\(href|url|style|class|cssId|id|require|data|html\w*|unicode|bbox|texttip|tooltip|mathtip|toggle|enclose|def|edef|gdef|xdef|let|newcommand|renewcommand|providecommand|newenvironment|renewenvironment|DeclareMathOperator|DeclarePairedDelimiters\w*|csname|catcode|include\w*|input|mmlToken)(?![a-zA-Z])/i;

const MAX_LENGTH = 2000;

const INLINE = /^\$(?!\s)((?:\\.|[^\\$\n])+?)(?<!\s)\$(?![\d\w])/;
const DISPLAY = /^\$\$((?:\\.|[^\\$])+?)\$\$/;

/** Whether a formula may be given to the typesetter. */
export function isTypesettable(source: string): boolean {
  return source.length <= MAX_LENGTH && !FORBIDDEN.test(source);
}

export const mathematics: TokenizerAndRendererExtension = {
  name: 'math',
  level: 'inline',
  start: (source: string) => source.indexOf('$'),
  tokenizer: (source: string): (IMathToken & Token) | undefined => {
    const display = DISPLAY.exec(source);
    const found = display ?? INLINE.exec(source);
    return found
      ? { type: 'math', raw: found[0], text: found[0], display: !!display }
      : undefined;
  }
};
