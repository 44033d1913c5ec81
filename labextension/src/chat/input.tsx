import { closeIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef, useState } from 'react';
import type { ChatContext } from './context';
import type { ChatSession } from './session';

/** The server's bound on a question, in characters. */
const MAX_LENGTH = 32768;

/** Where the user writes: what goes with the question, its text, send or stop. */
export function ChatInput({
  session,
  context,
  trans,
  onAsk
}: {
  session: ChatSession;
  context: ChatContext;
  trans: TranslationBundle;
  onAsk: (text: string) => void;
}): React.ReactElement {
  const [draft, setDraft] = useState(session.draft);
  const ref = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setDraft(session.draft), [session, session.draft]);
  const write = (text: string) => {
    session.draft = text;
    setDraft(text);
  };
  const ask = () => {
    if (draft.trim() && !session.busy) {
      onAsk(draft.trim());
      write('');
    }
  };
  const stop = () => {
    session.stop();
    ref.current?.focus();
  };
  return (
    <form
      className="jp-sc2-chat-input"
      onSubmit={event => {
        event.preventDefault();
        ask();
      }}
    >
      {context.pieces.map(piece => (
        <div key={piece.title} className="jp-sc2-chat-piece">
          <span title={piece.source.slice(0, 1000)}>{piece.title}</span>
          <button
            type="button"
            className="jp-sc2-chat-icon-button"
            title={trans.__('Do not show this to the model')}
            aria-label={trans.__('Do not show %1 to the model', piece.title)}
            onClick={() => context.remove()}
          >
            <closeIcon.react tag="span" height="12px" width="12px" />
          </button>
        </div>
      ))}
      <textarea
        ref={ref}
        className="jp-mod-styled"
        rows={3}
        maxLength={MAX_LENGTH}
        value={draft}
        aria-label={trans.__('Question to StarCoder2')}
        placeholder={trans.__('Ask for code. Enter sends, Shift+Enter breaks.')}
        onChange={event => write(event.target.value)}
        onKeyDown={event => {
          // While an input method composes, Enter takes its suggestion.
          if (event.nativeEvent.isComposing) {
            return;
          }
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            ask();
          } else if (event.key === 'Escape' && session.busy) {
            event.preventDefault();
            stop();
          }
        }}
      />
      {session.busy ? (
        <button
          key="stop"
          type="button"
          className="jp-Button jp-mod-styled jp-mod-warn"
          onClick={stop}
        >
          {trans.__('Stop')}
        </button>
      ) : (
        <button
          key="send"
          type="submit"
          className="jp-Button jp-mod-styled jp-mod-accept"
          disabled={!draft.trim()}
        >
          {trans.__('Send')}
        </button>
      )}
    </form>
  );
}
