import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IMessage, IPiece } from '../messages';
import { Markdown } from './markdown';
import type { IReplyServices } from './services';
import { visible } from './visible';

/** A question: plain text, and what of the notebook went with it. */
export const Question = React.memo(
  ({
    text,
    context,
    trans
  }: {
    text: string;
    context: readonly IPiece[];
    trans: TranslationBundle;
  }): React.ReactElement => {
    return (
      <article className="jp-sc2-chat-question" aria-label={trans.__('You')}>
        <p>{visible(text)}</p>
        {context.map((piece, index) => (
          <details key={index} className="jp-sc2-chat-shown-piece">
            <summary>{piece.title}</summary>
            <pre tabIndex={0}>{visible(piece.source)}</pre>
          </details>
        ))}
      </article>
    );
  }
);

/** A reply that has ended, with how it ended. */
export const Reply = React.memo(
  ({
    message,
    question,
    services
  }: {
    message: IMessage;
    /** What it answers, where that does not stand just before. */
    question?: string;
    services: IReplyServices;
  }): React.ReactElement => {
    const { error, finish, provenance, text, truncated } = message;
    const { trans } = services;
    return (
      <article
        className="jp-sc2-chat-reply"
        aria-label={trans.__('StarCoder2')}
      >
        {question && (
          <p className="jp-sc2-chat-answers">
            {trans.__('To “%1”', visible(question))}
          </p>
        )}
        {text && (
          <Markdown
            text={text}
            services={{ ...services, provenance }}
            growing={false}
          />
        )}
        {error && <p className="jp-sc2-chat-error">{error}</p>}
        <footer className="jp-sc2-chat-ending">
          {endingOf(finish, !!text, trans)}
          {truncated &&
            trans.__('Not all that was said and shown fitted.') + ' '}
          {provenance && (
            <span title={trans.__('Seed %1', provenance.seed)}>
              {trans.__(
                'Written by a model (%1). Read it before you run it.',
                provenance.weights
              )}
            </span>
          )}
        </footer>
      </article>
    );
  }
);

/** A reply that is being written. */
export function GrowingReply({
  text,
  services
}: {
  text: string;
  services: IReplyServices;
}): React.ReactElement {
  const { trans } = services;
  return (
    <article
      className="jp-sc2-chat-reply"
      aria-label={trans.__('StarCoder2')}
      aria-busy="true"
    >
      <Markdown text={text} services={services} growing={true} />
    </article>
  );
}

function endingOf(
  finish: string | null,
  hasText: boolean,
  trans: TranslationBundle
): string {
  switch (finish) {
    case 'cancelled':
      return trans.__('Stopped.') + ' ';
    case 'length':
      return trans.__('It reached the length limit.') + ' ';
    case 'error':
      return '';
    default:
      return hasText
        ? ''
        : trans.__('No usable answer. Try other words.') + ' ';
  }
}
