import type { Token, Tokens } from 'marked';
import { Marked } from 'marked';
import React from 'react';
import { CodeBlock } from './code';
import { Formula } from './formula';
import { Link } from './link';
import type { IMathToken } from './mathematics';
import { isTypesettable, mathematics } from './mathematics';
import type { IReplyServices } from './services';
import { visible } from './visible';

const parser = new Marked({ gfm: true, extensions: [mathematics] });

/** Deeper nesting is shown as its source. */
const MAX_DEPTH = 12;

export interface IMarkdownProps {
  text: string;
  services: IReplyServices;
  /** Whether the reply is still being written. */
  growing: boolean;
}

/**
 * A reply as React elements: text, code and mathematics.
 *
 * No string of the reply ever becomes HTML. What the switch below does not
 * name, raw HTML and images among it, is shown as the text that it is.
 */
export function Markdown(props: IMarkdownProps): React.ReactElement {
  const text = visible(props.text);
  try {
    return <>{blocks(parser.lexer(text), props, 0)}</>;
  } catch {
    return <pre>{text}</pre>; // nested thousands of times: the parser gives up
  }
}

function blocks(
  tokens: readonly Token[] | undefined,
  props: IMarkdownProps,
  depth: number
): React.ReactNode {
  return (tokens ?? []).map((token, index) => (
    <React.Fragment key={index}>{element(token, props, depth)}</React.Fragment>
  ));
}

function element(
  token: Token,
  props: IMarkdownProps,
  depth: number
): React.ReactNode {
  if (depth > MAX_DEPTH) {
    return token.raw;
  }
  const inner = (tokens: Token[] | undefined) =>
    blocks(tokens, props, depth + 1);
  switch (token.type) {
    case 'space':
      return null;
    case 'heading': {
      const { depth: level, tokens } = token as Tokens.Heading;
      return (
        <div
          role="heading"
          aria-level={Math.min(6, level + 2)}
          className="jp-sc2-chat-heading"
        >
          {inner(tokens)}
        </div>
      );
    }
    case 'paragraph':
      return <p>{inner(token.tokens)}</p>;
    case 'blockquote':
      return <blockquote>{inner(token.tokens)}</blockquote>;
    case 'list':
      return list(token as Tokens.List, inner);
    case 'code': {
      const { text, lang } = token as Tokens.Code;
      return (
        <CodeBlock
          code={text}
          language={lang ?? ''}
          services={props.services}
          growing={props.growing}
        />
      );
    }
    case 'table':
      return table(token as Tokens.Table, inner);
    case 'hr':
      return <hr />;
    case 'strong':
      return <strong>{inner(token.tokens)}</strong>;
    case 'em':
      return <em>{inner(token.tokens)}</em>;
    case 'del':
      return <del>{inner(token.tokens)}</del>;
    case 'codespan':
      return <code>{(token as Tokens.Codespan).text}</code>;
    case 'br':
      return <br />;
    case 'link': {
      const { href, raw, tokens } = token as Tokens.Link;
      return (
        <Link href={href} source={raw} trans={props.services.trans}>
          {inner(tokens)}
        </Link>
      );
    }
    case 'math': {
      const { text, display } = token as unknown as IMathToken;
      return isTypesettable(text) ? (
        <Formula
          source={text}
          display={display}
          typesetter={props.growing ? null : props.services.typesetter}
        />
      ) : (
        <code>{text}</code>
      );
    }
    case 'escape':
      return (token as Tokens.Escape).text;
    case 'text':
      return token.tokens ? inner(token.tokens) : plain(token.raw);
    default:
      return token.raw;
  }
}

function list(
  { ordered, start, items }: Tokens.List,
  inner: (tokens: Token[] | undefined) => React.ReactNode
): React.ReactElement {
  const children = items.map((item, index) => (
    <li key={index}>
      {item.task && (item.checked ? '☑ ' : '☐ ')}
      {inner(item.tokens.filter(({ type }) => type !== 'checkbox'))}
    </li>
  ));
  return ordered ? (
    <ol start={typeof start === 'number' ? start : 1}>{children}</ol>
  ) : (
    <ul>{children}</ul>
  );
}

function table(
  { header, rows }: Tokens.Table,
  inner: (tokens: Token[] | undefined) => React.ReactNode
): React.ReactElement {
  return (
    <div className="jp-sc2-chat-table">
      <table>
        <thead>
          <tr>
            {header.map((cell, index) => (
              <th key={index} scope="col">
                {inner(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{inner(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Character references that are common in prose; others stay as written. */
function plain(text: string): string {
  return text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) =>
      ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name] ?? _
  );
}
