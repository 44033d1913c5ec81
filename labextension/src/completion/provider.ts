import type {
  CompletionHandler,
  IInlineCompletionContext,
  IInlineCompletionItem,
  IInlineCompletionList,
  IInlineCompletionProvider
} from '@jupyterlab/completer';
import { InlineCompletionTriggerKind } from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { sc2Icon } from '../icon';
import type { IEditorHost } from './host';
import { samePlace } from './host';
import { sleep } from './request';
import type { ISessionServices } from './session';
import { Session } from './session';
import type { Suggestion } from './suggestion';

type Items = IInlineCompletionItem[];

/**
 * Ghost text in notebooks and files.
 *
 * `fetch` waits for the first text, so that Tab keeps indenting until there is
 * something to accept. A newer `fetch` ends the streams of older ones, which
 * would otherwise write text back that the user has typed through already.
 */
export class GhostTextProvider implements IInlineCompletionProvider {
  constructor(private readonly _services: ISessionServices) {}

  readonly identifier = 'jupyter-sc2';
  readonly name = 'StarCoder2';
  readonly icon = sc2Icon;

  /**
   * The host's settings for this provider, where the defaults do not suit:
   * the debounce is ours (the host's makes streamed text reappear, and delays
   * what needs no request), a first answer may take longer than 5 s, and the
   * model fills in the middle, so it is of use within a line too.
   */
  readonly schema: ISettingRegistry.IProperty = {
    default: {
      enabled: true,
      timeout: 15000,
      debouncerDelay: 0,
      autoFillInMiddle: true
    }
  };

  /** Show ghost text in a notebook or file from now on. */
  add(host: IEditorHost): Session {
    const session = new Session(host, this._services);
    this._open.set(host.widget, { host, session });
    return session;
  }

  async fetch(
    request: CompletionHandler.IRequest,
    context: IInlineCompletionContext
  ): Promise<IInlineCompletionList> {
    const found = this._open.get(context.widget);
    const place = found?.host.place();
    const automatic =
      context.triggerKind === InlineCompletionTriggerKind.Automatic;
    const settings = this._services.settings();
    if (
      !found ||
      place?.source !== request.text ||
      (automatic && !settings.enabled)
    ) {
      return { items: [] };
    }
    const { host, session } = found;
    const kept = session.usable(place);
    if (!kept) {
      session.drop();
    }
    const turn = ++session.turn;
    if (!kept && automatic) {
      await sleep(settings.debounce);
      if (turn !== session.turn || !samePlace(place, host.place())) {
        return { items: [] };
      }
    }
    const suggestion = kept ?? session.start(place);
    return { items: await this._firstText(session, suggestion, turn) };
  }

  async *stream(
    token: string
  ): AsyncGenerator<{ response: IInlineCompletionItem }> {
    const streamed = this._streams.get(token);
    this._streams.delete(token);
    if (!streamed) {
      return;
    }
    const { session, suggestion, turn } = streamed;
    let { shown } = streamed;
    for (;;) {
      const insertText = session.rest(suggestion) ?? '';
      if (turn !== session.turn) {
        return;
      }
      if (suggestion.error !== null) {
        const error = { message: suggestion.error };
        yield { response: { insertText, error } };
      } else if (insertText !== shown) {
        shown = insertText;
        yield { response: { insertText } };
      }
      if (suggestion.finished) {
        if (!insertText.trim()) {
          session.drop(); // withdrawn: the host still holds its empty ghost
        }
        return;
      }
      await suggestion.changed;
    }
  }

  /** Nothing when the suggestion ended without text, or is not wanted any more. */
  private async _firstText(
    session: Session,
    suggestion: Suggestion,
    turn: number
  ): Promise<Items> {
    for (;;) {
      const rest = session.rest(suggestion);
      if (turn !== session.turn || rest === null) {
        return [];
      }
      if (rest.trim()) {
        return [this._item(session, suggestion, turn, rest)];
      }
      if (suggestion.finished) {
        return [];
      }
      await suggestion.changed;
    }
  }

  private _item(
    session: Session,
    suggestion: Suggestion,
    turn: number,
    shown: string
  ): IInlineCompletionItem {
    if (suggestion.finished) {
      return { insertText: shown };
    }
    const token = `${++this._tokens}`;
    this._streams.set(token, { session, suggestion, turn, shown });
    return { insertText: shown, isIncomplete: true, token };
  }

  private readonly _open = new WeakMap<
    IInlineCompletionContext['widget'],
    { host: IEditorHost; session: Session }
  >();
  private readonly _streams = new Map<
    string,
    { session: Session; suggestion: Suggestion; turn: number; shown: string }
  >();
  private _tokens = 0;
}
