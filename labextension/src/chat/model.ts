import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { VDomModel } from '@jupyterlab/ui-components';
import type { Sc2Api } from '../api';
import { languageOf } from '../completion/notebook';
import type { ChatContext } from './context';
import { ChatSession } from './session';

export interface IChatSettings {
  readonly maxNewTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
}

export interface IChatModelOptions {
  api: Sc2Api;
  clientId: string;
  context: ChatContext;
  settings: () => IChatSettings;
  tracker: INotebookTracker;
}

/** The conversation that belongs to the notebook in front. */
export class ChatModel extends VDomModel {
  constructor(private readonly _options: IChatModelOptions) {
    super();
    const { context, tracker } = _options;
    this._session = this._sessionOf(tracker.currentWidget);
    tracker.currentChanged.connect(this._onNotebook, this);
    tracker.widgetAdded.connect((_, panel) => this._follow(panel));
    tracker.forEach(panel => this._follow(panel));
    context.changed.connect(this._onChange, this);
  }

  get context(): ChatContext {
    return this._options.context;
  }

  get session(): ChatSession {
    return this._session;
  }

  /** Whether the panel can be seen; only then is anything loaded. */
  set visible(visible: boolean) {
    this._visible = visible;
    this._onNotebook();
  }

  /** The chat has, or will have, other weights. */
  forgetWeights(): void {
    this._sessions.forEach(session => session.forgetWeights());
    this._onNotebook();
  }

  ask(text: string): void {
    const { settings, tracker } = this._options;
    const panel = tracker.currentWidget;
    this._session.draft = '';
    void this._session.ask(text, {
      ...settings(),
      context: this.context.pieces,
      language: panel ? languageOf(panel) : 'python'
    });
  }

  private _onNotebook(): void {
    const session = this._sessionOf(this._options.tracker.currentWidget);
    if (session !== this._session) {
      this._session = session;
      this._onChange();
    }
    if (this._visible) {
      void session.open();
    }
  }

  private _sessionOf(panel: NotebookPanel | null): ChatSession {
    const path = panel?.context.path ?? '';
    const known = this._sessions.find(session => session.path === path);
    if (known) {
      return known;
    }
    const { api, clientId } = this._options;
    const session = new ChatSession(api, clientId, path);
    session.changed.connect(changed => {
      if (changed === this._session) {
        this._onChange();
      }
    });
    this._sessions.push(session);
    return session;
  }

  /** The server follows a renamed notebook by itself. */
  private _follow(panel: NotebookPanel): void {
    let { path } = panel.context;
    panel.context.pathChanged.connect((_, moved) => {
      const session = this._sessions.find(each => each.path === path);
      path = moved;
      if (session) {
        session.path = moved;
      }
    });
  }

  private _onChange(): void {
    this.stateChanged.emit();
  }

  private _session: ChatSession;
  private readonly _sessions: ChatSession[] = [];
  private _visible = false;
}
