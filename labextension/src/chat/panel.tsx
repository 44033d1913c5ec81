import { Dialog, showDialog } from '@jupyterlab/apputils';
import {
  VDomRenderer,
  clearIcon,
  settingsIcon
} from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import React from 'react';
import { sc2Icon } from '../icon';
import type { IMessage } from '../messages';
import { productName } from '../words';
import { ChatInput } from './input';
import { GrowingReply, Question, Reply } from './message';
import type { ChatModel } from './model';
import type { IReplyServices } from './services';
import type { ChatSession, Progress } from './session';

/** So many messages are shown; earlier ones on request, so many at a time. */
const PAGE = 50;

/** The chat sidebar. */
export class ChatPanel extends VDomRenderer<ChatModel> {
  constructor(
    model: ChatModel,
    private readonly _services: IReplyServices,
    private readonly _onChoose: () => void
  ) {
    super(model);
    this.id = 'jupyter-sc2-chat';
    this.addClass('jp-sc2-chat');
    this.title.icon = sc2Icon;
    this.title.caption = _services.trans.__('StarCoder2 chat');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _services.trans.__('StarCoder2 chat'));
  }

  /** Put the cursor where one writes. */
  focusInput(): void {
    this.node.querySelector('textarea')?.focus();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.focusInput();
    // At the first time there is nothing to focus before it is rendered.
    void this.renderPromise?.then(() => this.focusInput());
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.visible = true;
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.model.visible = false;
  }

  /** Stay at the end while text grows, unless the user has scrolled away. */
  protected override onUpdateRequest(message: Message): void {
    const log = this._log();
    const atEnd = log ? atItsEnd(log) : true;
    super.onUpdateRequest(message);
    const { session } = this.model;
    const switched = session !== this._shown;
    const asked = session.question !== null && this._question === null;
    this._shown = session;
    this._question = session.question;
    if (atEnd || switched || asked) {
      void this.renderPromise?.then(() => {
        const after = this._log();
        after?.scrollTo({ top: after.scrollHeight });
      });
    }
  }

  protected override render(): React.ReactElement {
    const { context, session } = this.model;
    const { trans } = this._services;
    return (
      <>
        <header className="jp-sc2-chat-header">
          <span>{labelOf(session, trans)}</span>
          <button
            type="button"
            className="jp-sc2-chat-icon-button"
            title={trans.__('Choose weights')}
            aria-label={trans.__('Choose weights')}
            onClick={this._onChoose}
          >
            <settingsIcon.react tag="span" height="16px" width="16px" />
          </button>
          <button
            type="button"
            className="jp-sc2-chat-icon-button"
            title={trans.__('Delete this conversation')}
            aria-label={trans.__('Delete this conversation')}
            disabled={session.busy || session.messages.length === 0}
            onClick={() => void this._clear(session)}
          >
            <clearIcon.react tag="span" height="16px" width="16px" />
          </button>
        </header>
        <Log key={session.path} session={session} services={this._services} />
        <div role="alert">
          {session.notice && (
            <p className="jp-sc2-chat-notice">{session.notice}</p>
          )}
          {session.unsaved && (
            <p className="jp-sc2-chat-notice">
              {trans.__(
                'Not saved: %1. It is kept until the server ends, and saved with the next reply.',
                session.unsaved
              )}
            </p>
          )}
        </div>
        <ChatInput
          session={session}
          context={context}
          trans={trans}
          onAsk={text => this.model.ask(text)}
        />
      </>
    );
  }

  private async _clear(session: ChatSession): Promise<void> {
    const { trans } = this._services;
    const { button } = await showDialog({
      title: trans.__('Delete this conversation?'),
      body: trans.__('What was said about this notebook is gone for ever.'),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({ label: trans.__('Delete') })
      ]
    });
    if (button.accept) {
      await session.clear();
      this.focusInput();
    }
  }

  private _log(): Element | null {
    return this.node.querySelector('.jp-sc2-chat-log');
  }

  private _question: ChatSession['question'] = null;
  private _shown: ChatSession | null = null;
}

/** What was said, the newest last. */
function Log({
  session,
  services
}: {
  session: ChatSession;
  services: IReplyServices;
}): React.ReactElement {
  const { trans } = services;
  const [pages, setPages] = React.useState(1);
  const { messages, question, reply } = session;
  const first = Math.max(0, messages.length - pages * PAGE);
  return (
    <div
      className="jp-sc2-chat-log"
      role="log"
      tabIndex={0}
      aria-label={trans.__('Conversation')}
    >
      {first > 0 && (
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-reject"
          onClick={() => setPages(pages + 1)}
        >
          {trans._n(
            'Show earlier messages (%1 more)',
            'Show earlier messages (%1 more)',
            first
          )}
        </button>
      )}
      {messages.length === 0 && !question && (
        <p className="jp-sc2-chat-hint">
          {trans.__(
            'Ask for a piece of code. The active cell goes with the question, as shown below. Nothing leaves this machine, and nothing runs by itself.'
          )}
        </p>
      )}
      {messages
        .slice(first)
        .map(message =>
          message.role === 'user' ? (
            <Question
              key={message.id}
              text={message.text}
              context={message.context}
              trans={trans}
            />
          ) : (
            <Reply
              key={message.id}
              message={message}
              question={elsewhere(messages, message)}
              services={services}
            />
          )
        )}
      {question && <Question {...question} trans={trans} />}
      {reply && <GrowingReply text={reply} services={services} />}
      {reply === '' && (
        <p className="jp-sc2-chat-progress" role="status">
          {progressText(session.progress, services.trans)}
        </p>
      )}
    </div>
  );
}

/** The question of a reply, where another stands just before it. */
function elsewhere(
  messages: readonly IMessage[],
  { id, in_reply_to: asked }: IMessage
): string | undefined {
  const before = messages[messages.findIndex(one => one.id === id) - 1];
  return !asked || before?.id === asked
    ? undefined
    : messages.find(one => one.id === asked)?.text;
}

function labelOf(session: ChatSession, trans: TranslationBundle): string {
  if (!session.weights) {
    return trans.__('StarCoder2');
  }
  const name = productName(session.weights, trans);
  return session.kind === 'base'
    ? trans.__('%1. Base model: best at code, not conversation', name)
    : name;
}

function progressText(
  progress: Progress | null,
  trans: TranslationBundle
): string {
  switch (progress?.type) {
    case 'queued':
      return trans.__('Waiting, number %1 in line…', progress.position);
    case 'loading':
      return trans.__(
        'Loading weights, %1%…',
        Math.floor(100 * progress.share)
      );
    case 'prefill':
      return trans.__(
        'Reading, %1%…',
        Math.floor((100 * progress.done) / Math.max(1, progress.total))
      );
    default:
      return trans.__('Thinking…');
  }
}

function atItsEnd({ scrollTop, clientHeight, scrollHeight }: Element): boolean {
  return scrollHeight - scrollTop - clientHeight < 40;
}
